"""A forecast in the browser: who is answered and who is not, refits, and how it ends."""

import base64
import gzip
import html
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from threading import Thread
from typing import NamedTuple

import pytest

from meekcast.cli.serving import LOOPBACK, MOST_BYTES, Server

JSON = "application/json"
SCRIPT = "<script>alert(1)</script>"


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: dict
    text: str

    @property
    def document(self):
        return json.loads(self.text)


class Caller:
    """Sends requests to a port, with any headers."""

    def __init__(self, port, token=None):
        self.port, self.token = port, token

    def send(self, method, path, headers=(), body=None):
        """Send just these headers, those that a client adds by itself not among them."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read().decode())
        finally:
            connection.close()

    def get(self, path="/", **headers):
        return self.send("GET", path, [("Host", f"{LOOPBACK}:{self.port}"), *named(headers)])

    def post(self, path="/", body=b"{}", **headers):
        own = {
            "Host": f"{LOOPBACK}:{self.port}", "Origin": f"http://{LOOPBACK}:{self.port}", "Content-Type": JSON,
            "Content-Length": str(len(body)), "X-Meekcast-Token": self.token, **dict(named(headers)),
        }  # fmt: skip
        return self.send("POST", path, [(name, value) for name, value in own.items() if value is not None], body)


def named(headers):
    return [(name.replace("_", "-"), value) for name, value in headers.items()]


@pytest.fixture
def server():
    """A server of two pages that makes no refits: what it is asked waits."""
    with Server() as found:
        found.pages |= {"/": b"<p>the first page", "/1": b"<p>a refit"}
        thread = Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def caller(server):
    return Caller(server.server_address[1], server.token)


# Who is answered


def test_a_page_is_handed_out_and_not_kept(caller):
    answer = caller.get()
    assert (answer.status, answer.text) == (200, "<p>the first page")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "meekcast"
    assert caller.get("/1").text == "<p>a refit"
    assert caller.get(Host=f"localhost:{caller.port}").status == 403  # two hosts
    assert caller.send("GET", "/", [("Host", f"localhost:{caller.port}")]).status == 200


def test_only_the_loopback_is_listened_on(server):
    host, port = server.server_address
    assert host == "127.0.0.1"
    own = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for other in {"127.0.0.2", *own} - {host}:
        with socket.socket() as line, pytest.raises(OSError):
            line.settimeout(2)
            line.connect((other, port))


@pytest.mark.parametrize(
    "hosts",
    [[], ["evil.example"], ["evil.example:{port}"], ["127.0.0.1"], ["127.0.0.1:{port}.evil.example"], ["127.0.0.1:1"],
     ["127.0.0.1:{port}", "evil.example"], ["[::1]:{port}"], ["0.0.0.0:{port}"], [SCRIPT]],
)  # fmt: skip
def test_a_name_that_others_gave_to_this_machine_is_refused(caller, server, hosts):
    named_so = [("Host", host.format(port=caller.port)) for host in hosts]
    sent = [("X-Meekcast-Token", server.token), ("Content-Type", JSON), ("Content-Length", "2")]
    for answer in (caller.send("GET", "/", named_so), caller.send("POST", "/", [*named_so, *sent], b"{}")):
        assert answer.status == 403
        assert answer.text == "Only the address that the program printed is answered."
    assert server.asked.empty()


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "https://127.0.0.1:{port}"},
     {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://localhost:{port}"}, {"Origin": ""},
     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": SCRIPT}],
)  # fmt: skip
def test_a_request_of_another_site_is_refused(caller, server, headers):
    headers = {name: value.format(port=caller.port) for name, value in headers.items()}
    for answer in (caller.get(**headers), caller.get("/progress", **headers), caller.post(**headers)):
        assert answer.status == 403
        assert answer.text.startswith("Other sites are not answered")
    assert server.asked.empty()


def test_what_a_browser_says_of_the_page_itself_is_no_obstacle(caller, server):
    for site in ("none", "same-origin"):
        assert caller.get(Sec_Fetch_Site=site).status == 200
    assert caller.post(body=b'{"R": "2"}', Sec_Fetch_Site="same-origin").status == 202
    assert server.asked.get() == ("/", {"R": "2"})


@pytest.mark.parametrize("token", [None, "", "x", "é"])
def test_a_refit_needs_the_word_that_stands_in_the_page(caller, server, token):
    answer = caller.post(X_Meekcast_Token=token)
    assert answer.status == 403
    assert answer.text.startswith("This page is of an earlier start of the program")
    assert caller.post(X_Meekcast_Token=server.token[:-1]).status == 403
    assert server.asked.empty()


def test_the_word_is_new_each_time_and_compared_in_constant_time(caller, server, monkeypatch):
    with Server() as another:
        assert another.token != server.token
        assert len(another.token) >= 32
    compared, compare = [], secrets.compare_digest

    def watched(one, two):
        compared.append({one, two})
        return compare(one, two)

    monkeypatch.setattr(secrets, "compare_digest", watched)
    assert caller.post(X_Meekcast_Token="x").status == 403
    assert compared == [{b"x", server.token.encode()}]


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
def test_a_refit_is_asked_for_in_json(caller, server, kind):
    assert caller.post(Content_Type=kind).status == 415
    assert server.asked.empty()
    assert caller.post(Content_Type="application/json; charset=utf-8").status == 202


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"R"', b'{"R": 2}', b'{"R": {"a": "b"}}', b"[" * 60_000, b"\xff", b'{"R": null}'],
)
def test_a_refit_is_asked_for_by_names_and_priors(caller, server, body):
    answer = caller.post(body=body)
    assert answer.status == 400
    assert answer.text == "What is sent has to be priors by the names of parameters."
    assert server.asked.empty()


@pytest.mark.parametrize(
    ("length", "status"),
    [(None, 411), ("", 411), ("-1", 411), ("1e3", 411), ("٣", 411), ("9" * 5000, 411), (str(MOST_BYTES), 413), ("999999999", 413)],
)  # fmt: skip
def test_a_length_that_is_not_stated_or_too_large_is_refused_unread(caller, server, length, status):
    encoded = None if length is None else length.encode()
    assert caller.post(Content_Length=encoded, body=b"{}").status == status
    assert server.asked.empty()


def test_a_body_of_just_less_than_64_kb_is_read(caller, server):
    body = json.dumps({"R": "2"}).encode().ljust(MOST_BYTES - 1)
    assert caller.post(body=body).status == 202


@pytest.mark.parametrize(
    "path",
    ["/2", "/index.html", "/etc/passwd", "/../../../../etc/passwd", "/%2e%2e/etc/passwd", "/?x=1", "/progress/",
     "file:///etc/passwd", "http://evil.example/", "/1/../", f"/{SCRIPT}", "*"],
)  # fmt: skip
def test_nothing_but_pages_is_there_and_no_file(caller, server, path):
    assert caller.get(path).text == "There is no such page."
    assert caller.get(path).status == 404
    assert caller.post(path).status == 404
    assert caller.post("/progress").status == 404
    assert server.asked.empty()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", SCRIPT])
def test_no_other_method_is_known(caller, server, method):
    answer = caller.send(method, "/", [("Host", f"{LOOPBACK}:{caller.port}")])
    assert answer.status == 501
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert server.asked.empty()


def test_nothing_of_a_request_comes_back(caller):
    everything = {"Cookie": SCRIPT, "User_Agent": SCRIPT, "Referer": SCRIPT}
    answers = [
        caller.get(f"/{SCRIPT}", **everything), caller.post(f"/{SCRIPT}", SCRIPT.encode(), **everything),
        caller.post("/", SCRIPT.encode(), **everything), caller.get(**everything), caller.get("/progress", **everything),
        caller.post("/", Content_Type=SCRIPT), caller.post("/", X_Meekcast_Token=SCRIPT), caller.get(Origin=SCRIPT),
        caller.send(SCRIPT, "/"),
    ]  # fmt: skip
    assert all("script" not in f"{answer.headers} {answer.text}" for answer in answers)
    for line in (
        f"{SCRIPT} / HTTP/1.1",
        f"GET / HTTP/{SCRIPT}",
        f"GET / {SCRIPT} HTTP/1.1",
        f"GET / HTTP/1.1\r\n{SCRIPT}: x",
        SCRIPT,
    ):
        with socket.create_connection((LOOPBACK, caller.port)) as raw, raw.makefile("rb") as answer:
            raw.sendall(f"{line}\r\n\r\n".encode())
            found = answer.read()
        assert found
        assert b"script" not in found


def test_one_refit_is_made_at_a_time(caller, server):
    assert caller.post(body=b'{"R": "2"}').status == 202
    assert caller.get("/progress").document["working"]
    answer = caller.post(body=b'{"R": "3"}')
    assert (answer.status, answer.text) == (409, "Another refit is under way; one is made at a time.")
    assert server.asked.get() == ("/", {"R": "2"})
    assert server.asked.empty()


def test_a_silent_connection_keeps_nobody_waiting(caller):
    with socket.create_connection((LOOPBACK, caller.port)), socket.create_connection((LOOPBACK, caller.port)) as begun:
        begun.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
        assert caller.get().status == 200


# Options


def test_a_port_that_is_taken_is_told_before_anything_slow(run_cli, one_message, monkeypatch):
    def explode(*arguments, **options):
        raise AssertionError("something slow began before the port was tried")

    monkeypatch.setattr("meekcast.forecasts.forecast.forecast", explode)
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        message = one_message(run_cli("explore", "paper", "--port", port, "--no-browser"), "--port")
    assert message == f"error: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_a_run_that_stands_cannot_be_changed(run_cli, one_message, paper_run):
    folder = paper_run[0] / "paper"
    answer = run_cli("explore", "paper", "--run", folder, "--set", "R=2", "--draws", 100, "--until", 20)
    one_message(answer, "CARD, --set, --until, --draws would change the run in", "Drop --run")
    one_message(run_cli("explore", "--run", folder.parent), "there is no run in")


# Sessions


class Session(NamedTuple):
    """A process that serves a forecast."""

    process: subprocess.Popen
    caller: Caller
    log: object

    def refit(self, priors, path="/"):
        """Ask for a refit, wait for it, and return what became of it and all steps that were told."""
        answer = self.caller.post(path, json.dumps(priors).encode())
        assert answer.status == 202, answer.text
        seen = []
        while (told := self.caller.get("/progress").document)["working"]:
            seen.append(told)
            time.sleep(0.01)
        return told, seen

    def stop(self):
        """Send what Ctrl-C sends, and return the exit code and what was said in the end."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=60)
        return code, self.process.stdout.read(), self.log.read_text()


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Serve a forecast in a process of its own, with a browser of ours unless there is to be none."""
    running = []
    # Where the tests run in the background, processes inherit a deaf ear for Ctrl-C.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from meekcast.cli import main; main()"
    )

    def begin(*arguments, **environment):
        log = tmp_path_factory.mktemp("log") / "stderr"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", code, "explore", *map(str, arguments)], stdout=subprocess.PIPE, stderr=errors,
                text=True, env={**os.environ, **environment}, cwd=log.parent,
            )  # fmt: skip
        running.append(process)
        line = process.stdout.readline()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/ until Ctrl-C\n", line)
        assert found, line + log.read_text()
        caller = Caller(int(found[1]))
        (caller.token,) = re.findall(r'id="refit" type="button" data-token="([^"]+)"', caller.get().text)
        return Session(process, caller, log)

    yield begin
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def session(start):
    """The paper's card under the literature's priors: exact draws, so that refits take no sampling."""
    return start(
        "paper", "--priors", "literature", "--set", "R=20", "--until", 25, "--today", "2026-11-21", "--draws", 250,
        "--no-browser",
    )  # fmt: skip


def about(page):
    """What a page says that it was made from."""
    return re.search(r'<p class="about">([^<]*)</p>', page)[1]


def test_the_page_is_that_of_the_report_and_may_ask_its_server_alone(session):
    page = html.unescape(session.caller.get().text)
    assert "Refit with these beliefs" in page
    assert "connect-src 'self';" in page
    assert "default-src 'none';" in page
    assert "up to the horizon (year 25)" in page
    assert about(page).startswith("card paper, priors literature, R = 20; asked on 2026-11-21")


@pytest.mark.long
def test_a_refit_has_a_page_of_its_own_and_keeps_what_was_changed_before(session):
    found, seen = session.refit({"g_investment": "LogNormal(2.4, sd 0.1)"})
    assert found["error"] == ""
    assert "computing paths, bands and events" in {told["step"] for told in seen}
    page = session.caller.get(found["page"]).text
    assert "priors literature, R = 20, g_investment = LogNormal(2.4, sd 0.1); asked on 2026-11-21" in about(page)
    assert "up to the horizon (year 25)" in page
    again, _ = session.refit(
        {"g_investment": "LogNormal(2.6, sd 0.1)", "g_hardware": "LogNormal(1.3, sd 0.05)"}, found["page"]
    )
    changed = "R = 20, g_investment = LogNormal(2.6, sd 0.1), g_hardware = LogNormal(1.3, sd 0.05);"
    assert changed in about(session.caller.get(again["page"]).text)
    assert "g_investment" not in about(session.caller.get("/").text)
    assert session.caller.get(found["page"]).text == page


@pytest.mark.long
@pytest.mark.parametrize(
    ("priors", "words"),
    [
        ({"g_price": "2"}, "card 'paper' has no parameter 'g_price'\n  Allowed: A, C0"),
        ({"g_investment": "LogNormal(-2, sd 0.1)"}, "g_investment"),
        ({"g_investment": SCRIPT}, "g_investment"),
        ({"alpha": "Normal(-1, sd 0.01)"}, "alpha"),
        ({SCRIPT: "2"}, "has no parameter"),
    ],
)
def test_a_mistake_is_told_in_words_and_the_next_refit_is_made(session, priors, words):
    found, _ = session.refit(priors)
    assert found["page"] == ""
    assert words in found["error"]
    assert "\n  " in found["error"]
    good, _ = session.refit({"g_hardware": "LogNormal(1.3, sd 0.05)"})
    assert good["error"] == ""
    assert "g_hardware" in about(session.caller.get(good["page"]).text)


@pytest.fixture(scope="module")
def driven_run(run_cli, tmp_path_factory):
    """Folder of a run, with a file that says that the exponent matters most, and algorithms next."""
    out = tmp_path_factory.mktemp("driven")
    options = ("--priors", "literature", "--prior", "g_hardware=LogNormal(1.3, sd 0.05)", "--until", 25, "--draws", 250)
    answer = run_cli("forecast", "paper", *options, "--today", "2026-11-21", "--out", out, "--json")
    assert answer.code == 0, answer.err
    summary = json.loads(answer.out)
    worth = [{"input": name, "variance": {"value": value}} for name, value in (("g_algorithms", 0.2), ("alpha", 0.6))]
    years = {"years": [], "shapley": {}, "unit": "years", "quantity": "loss_gap"}
    document = {
        "schema": "meekcast.sensitivity/1", **{key: summary[key] for key in ("card", "priors", "today", "horizon")},
        "measure_first": [{"output": "an event", "inputs": worth}], "groups": {}, "outputs": [], "over_time": years,
    }  # fmt: skip
    (out / "paper" / "sensitivity.json").write_text(json.dumps(document))
    return out / "paper"


def content(page):
    """What the scripts of a page read."""
    (packed,) = re.findall(r'id="packed-content">([^<]*)<', page)
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def sliders(page):
    return [belief["name"] for belief in content(page)["beliefs"]]


@pytest.mark.long
def test_a_run_that_stands_is_where_a_session_begins(start, driven_run):
    begun = start("--run", driven_run, "--no-browser")
    page = begun.caller.get().text
    changed = "card paper, priors literature, g_hardware = LogNormal(1.3, sd 0.05)"
    assert about(page).startswith(f"{changed}; asked on 2026-11-21")
    assert content(page)["drivers"]["measure_first"][0]["output"] == "an event"
    assert sliders(page)[:3] == ["g_hardware", "alpha", "g_algorithms"]
    found, _ = begun.refit({"g_algorithms": "LogNormal(3, sd 0.1)"})
    page = begun.caller.get(found["page"]).text
    assert about(page).startswith(f"{changed}, g_algorithms = LogNormal(3, sd 0.1); asked on 2026-11-21")
    assert content(page)["drivers"] is None  # they were those of another belief
    assert sliders(page)[:3] == ["g_hardware", "g_algorithms", "alpha"]  # what was changed comes first
    assert content(page)["summary"]["horizon"] == 25
    assert begun.stop()[:2] == (0, "")


# How it ends


def test_ctrl_c_while_serving_ends_it_and_the_browser_was_opened(start, tmp_path):
    browser, opened = tmp_path / "browser.py", tmp_path / "opened"
    browser.write_text(f"import sys; open({str(opened)!r}, 'w').write(sys.argv[1])")
    begun = start("paper", BROWSER=f"{sys.executable} {browser} %s")
    for _ in range(500):
        if opened.exists() and opened.read_text():
            break
        time.sleep(0.02)
    assert opened.read_text() == f"http://127.0.0.1:{begun.caller.port}/"
    code, out, err = begun.stop()
    assert (code, out) == (0, "")
    assert err.splitlines()[-1] == "stopped"
    assert "Traceback" not in err
    with pytest.raises(ConnectionError):
        begun.caller.get()


@pytest.mark.long
def test_a_refit_is_sampled_and_ctrl_c_ends_it(start):
    begun = start("mmlu-pro-alone", "--draws", 1000, "--no-browser")
    found, seen = begun.refit({"g_price": "LogNormal(2.6, sd 0.4)"})
    shares = [told["share"] for told in seen if told["step"] == "sampling" and told["share"] is not None]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert re.search(r"health \w+: nutpie, 4,000 draws", begun.caller.get(found["page"]).text)  # not by weights
    begun.caller.post(body=b'{"g_price": "LogNormal(2.7, sd 0.4)"}')
    while begun.caller.get("/progress").document["share"] is None:
        time.sleep(0.01)
    code, out, err = begun.stop()
    assert (code, out) == (0, "")
    assert err.splitlines()[-1] == "stopped"
    assert "Traceback" not in err
