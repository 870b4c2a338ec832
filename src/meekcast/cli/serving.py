"""Pages served to this machine alone, and refits that they ask for, one at a time."""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Never, override

from pydantic import TypeAdapter, ValidationError

from meekcast.errors import InputError, MeekcastError
from meekcast.files import to_json

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress

LOOPBACK = "127.0.0.1"
MOST_BYTES = 64 * 1024
"""Of what a page sends."""

PATIENCE = 10.0
"""Seconds for which a silent connection is kept."""

TOKEN = "X-Meekcast-Token"
PRIORS = TypeAdapter(dict[str, str])
HTML, JSON, TEXT = ("text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8")

type Refit = tuple[str, dict[str, str]]
"""The page that asks, by its path, and the priors that it wants changed."""


@dataclass(frozen=True)
class Standing:
    """How far a refit is, as pages are told.

    Parameters
    ----------
    working : bool
        Whether one is under way.
    step : str
        What it does.
    share : float, optional
        How much of the step is done, between 0 and 1, where that is known.
    error : str
        Why the last one came to nothing.
    page : str
        Path of the page that came of it.
    """

    working: bool = False
    step: str = ""
    share: float | None = None
    error: str = ""
    page: str = ""


class Server(ThreadingTCPServer):
    """A server of pages on the loopback; it listens from its making on, and answers within `serve`.

    Parameters
    ----------
    port : int, optional
        Where it listens; a free one by default.

    Attributes
    ----------
    token : str
        Random; a page has to send it with what it asks for.
    pages : dict of str to bytes
        HTML by path.

    Raises
    ------
    InputError
        If the port is taken.
    """

    allow_reuse_address = os.name == "posix"  # elsewhere two programs would share a port
    daemon_threads = True

    def __init__(self, port: int | None = None) -> None:
        self.token = secrets.token_urlsafe()
        self.pages: dict[str, bytes] = {}
        self.standing = Standing()
        self.asked: SimpleQueue[Refit] = SimpleQueue()
        self._asking = Lock()
        try:
            super().__init__((LOOPBACK, port or 0), Handler)
        except OSError as error:
            raise InputError(
                f"cannot listen on {LOOPBACK}:{port or 0}: {error.strerror or error}",
                "Another program may use it: give another --port, or leave it out, and a free one is taken.",
            ) from None
        self.hosts = tuple(f"{name}:{self.server_address[1]}" for name in (LOOPBACK, "localhost"))

    @property
    def address(self) -> str:
        """Where a browser finds the first page."""
        return f"http://{self.hosts[0]}/"

    def ask(self, refit: Refit) -> bool:
        """Have a refit made by who calls `serve`; False if another is under way."""
        with self._asking:
            if self.standing.working:
                return False
            self.standing = Standing(working=True, step="gathering")
        self.asked.put(refit)
        return True

    def serve(self, make: Callable[[Refit], str]) -> Never:
        """Answer in threads, and make refits in this one: Ctrl-C ends it, as it ends any other work.

        Parameters
        ----------
        make : callable
            Makes a refit into one of `pages`, whose path it returns.
        """
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            while True:
                refit = self.asked.get()
                try:
                    self.standing = Standing(page=make(refit))
                except MeekcastError as error:
                    self.standing = Standing(error=str(error))
        finally:
            self.shutdown()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over browsers that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Told:
    """A listener that tells pages what it tells the terminal."""

    def __init__(self, server: Server, terminal: Progress) -> None:
        self._server, self._terminal = server, terminal

    def step(self, text: str) -> None:
        """A step begins."""
        self._server.standing = Standing(working=True, step=text)
        self._terminal.step(text)

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Draws done of all chains."""
        self._server.standing = dataclasses.replace(self._server.standing, share=done / total)
        self._terminal.sampling(done, total, divergences)


class Refused(Exception):
    """A request that is not answered, with the status and the words for it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Handler(BaseHTTPRequestHandler):
    """One request. Nothing of it stands in an answer, and no file is read for it."""

    server: Server
    timeout = PATIENCE

    def do_GET(self) -> None:
        """Hand out a page, or how far a refit is."""
        self._answer(self._got)

    def do_POST(self) -> None:
        """Take what a page believes, to be sampled."""
        self._answer(self._asked)

    def _answer(self, work: Callable[[], tuple[int, str, bytes]]) -> None:
        try:
            status, kind, body = work()
        except Refused as refused:
            status, kind, body = refused.status, TEXT, refused.words.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **GUARDS}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _got(self) -> tuple[int, str, bytes]:
        self._check_origin()
        if self.path == "/progress":
            return 200, JSON, to_json(dataclasses.asdict(self.server.standing)).encode()
        return 200, HTML, self._page()

    def _asked(self) -> tuple[int, str, bytes]:
        body = self._body()  # read first: a connection that is closed on unread bytes may lose the answer
        self._check_origin()
        self._page()
        if not secrets.compare_digest(self.headers.get(TOKEN, "").encode(), self.server.token.encode()):
            raise Refused(403, "This page is of an earlier start of the program: open the address that it prints now.")
        if self.headers.get_content_type() != JSON:
            raise Refused(415, "What is sent has to be JSON.")
        try:
            priors = PRIORS.validate_json(body)
        except ValidationError:
            raise Refused(400, "What is sent has to be priors by the names of parameters.") from None
        if not self.server.ask((self.path, priors)):
            raise Refused(409, "Another refit is under way; one is made at a time.")
        return 202, TEXT, b"It is under way."

    def _check_origin(self) -> None:
        """Refuse names that others gave to this machine, and whatever a page of another site sent."""
        hosts, sites = self.headers.get_all("Host", []), self.headers.get_all("Sec-Fetch-Site", [])
        if len(hosts) != 1 or hosts[0] not in self.server.hosts:
            raise Refused(403, "Only the address that the program printed is answered.")
        if {*self.headers.get_all("Origin", [])} - {f"http://{hosts[0]}"} or {*sites} - {"same-origin", "none"}:
            raise Refused(403, "Other sites are not answered: open the address that the program printed.")

    def _page(self) -> bytes:
        page = self.server.pages.get(self.path)
        if page is None:
            raise Refused(404, "There is no such page.")
        return page

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,9}", length):
            raise Refused(411, "The length of what is sent has to be stated.")
        if int(length) >= MOST_BYTES:
            raise Refused(413, "That is too much.")
        return self.rfile.read(int(length))

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request that is known, in words that do not repeat it."""

        def refuse() -> Never:
            raise Refused(code, "This is not understood.")

        self._answer(refuse)

    @override
    def version_string(self) -> str:
        """Name the program alone."""
        return "meekcast"

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the program."""


GUARDS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""What a browser has to keep to with every answer."""
