"""``meekcast evidence import``: from a file or a URL to the next `meekcast evidence NAME`, and nothing half-written."""

import json
import signal
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import meekcast as mk
from meekcast.cards import library
from meekcast.observations.importing import fetch

FIRST = """System,Accuracy,Release date,Open
Big,0.61,2025-01-01,no
Small,0.45,2025-02-01,yes
Free,0.30,soon,yes
"""
SECOND = """System,Accuracy,Release date,Open
Big,0.61,2025-01-01,no
Small,0.475,2025-02-01,yes
Fresh,0.70,2025-06-01,no
"""
COLUMNS = (
    "--column",
    "model=System",
    "--column",
    "score=Accuracy",
    "--column",
    "date=Release date",
    "--column",
    "open_weights=Open",
)
SAID = ("--as", "my-exam", "--unit", "points", "--chance", "25", "--questions", "100", "--title", "Our exam", *COLUMNS)
PRICES = {
    "updated_at": "2025-08-05",
    "prices": [{"id": "big", "vendor": "lab", "name": "Big", "input": 0.5, "output": 2}],
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's folder of evidence, which is not there yet."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(folder))
    return folder


@pytest.fixture
def file(tmp_path):
    def write(text, name="exam.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# From a file to evidence


def test_an_import_is_shown_by_the_next_command(run_cli, home, file):
    answer = run_cli("evidence", "import", file(FIRST), *SAID, "--yes")
    assert (answer.code, answer.err) == (0, "")
    for piece in ("2 scores in points", "times 100 are points", "new models: 2", "line 4, column Release date", "got 'soon'",
                  "records that move", "no price is known for: 2", "1 of 3 rows cannot be used"):  # fmt: skip
        assert piece in " ".join(answer.out.split()), piece
    shown = json.loads(run_cli("evidence", "my-exam", "--json").out)
    assert {row["model"]: row["score"] for row in shown["scores"]} == {"Big": 61.0, "Small": 45.0}
    assert "my-exam" in run_cli("evidence").out
    assert {path.suffix for path in home.iterdir()} == {".toml", ".csv"}


def test_a_second_import_shows_what_is_different(run_cli, home, file):
    run_cli("evidence", "import", file(FIRST), *SAID, "--yes")
    answer = run_cli("evidence", "import", file(SECOND), "--as", "my-exam", *COLUMNS, "--json")
    assert (answer.code, answer.err) == (0, "")
    told = json.loads(answer.out)
    assert [row["model"] for row in told["new"]] == ["Fresh"]
    assert told["changed"] == [{"model": "Small", "what": "score", "before": 45.0, "after": 47.5}]
    assert told["gone"] == []
    frontier = next(moved for moved in told["records"] if moved["actor"] == "frontier")
    assert [row["model"] for row in frontier["came"]] == ["Fresh"]
    table = library.load_evidence("my-exam")
    assert {row.model: row.score for row in table.rows} == {"Big": 61.0, "Small": 47.5, "Fresh": 70.0}
    assert (table.title, table.questions, table.chance) == ("Our exam", 100, 25.0)
    assert len(list(home.glob("*.csv"))) == 1  # earlier rows are gone
    again = json.loads(run_cli("evidence", "import", file(SECOND), "--as", "my-exam", *COLUMNS, "--json").out)
    assert not (again["new"] or again["changed"] or again["gone"] or again["records"])


def test_what_was_said_about_a_table_stays_said(run_cli, home, file):
    said = ("--source", "Our lab", "--licence", "CC0")
    assert run_cli("evidence", "import", file(SECOND), *SAID, *said).code == 0
    assert run_cli("evidence", "import", file(SECOND), "--as", "my-exam", *COLUMNS).code == 0
    table = library.load_evidence("my-exam")
    assert (table.source, table.licence, table.title) == ("Our lab", "CC0", "Our exam")


def test_a_dry_run_writes_nothing(run_cli, home, file):
    answer = run_cli("evidence", "import", file(FIRST), *SAID, "--dry-run")
    assert answer.code == 0
    assert "nothing is written" in answer.out
    assert "doubtful: 1 of 3 rows" in " ".join(answer.out.split())
    assert not home.exists()


def test_ones_own_table_comes_before_one_that_ships(run_cli, home, file):
    name = next(n for n in library.evidence_names() if getattr(library.load_any_evidence(n), "kind", "") == "scores"
                and library.load_any_evidence(n).unit == "points")  # fmt: skip
    shipped = snapshot(library.shelf("evidence"))
    answer = run_cli("evidence", "import", file(SECOND), "--as", name, *COLUMNS)
    assert answer.code == 2
    assert "models that stood are not in the file" in answer.err
    assert "--yes" in answer.err
    assert run_cli("evidence", "import", file(SECOND), "--as", name, *COLUMNS, "--yes").code == 0
    assert {row.model for row in library.load_evidence(name).rows} == {"Big", "Small", "Fresh"}
    assert snapshot(library.shelf("evidence")) == shipped


def test_prices_move_records_of_a_board(run_cli, home, file):
    run_cli("evidence", "import", file(SECOND), *SAID)
    answer = run_cli("evidence", "import", file(json.dumps(PRICES), "current-v1.json"), "--as", "bills", "--json")
    told = json.loads(answer.out)
    assert told["kind"] == "prices"
    assert [(p["model"], p["date"], p["before"], p["after"]) for p in told["prices"]] == [
        ("big", "2025-08-05", None, 0.875)
    ]
    assert told["aliases"] == {"Big": "big"}
    assert {(moved["board"], moved["actor"]) for moved in told["records"]} == {("my-exam", "price_band")}
    assert [usd for _, usd in library.load_prices().of("Big")] == [0.875]
    cut = {**PRICES, "updated_at": "2025-10-01", "prices": [{**PRICES["prices"][0], "input": 0.1, "output": 0.2}]}
    told = json.loads(run_cli("evidence", "import", file(json.dumps(cut)), "--as", "bills", "--json").out)
    assert [(p["before"], p["after"]) for p in told["prices"]] == [(0.875, pytest.approx(0.125))]
    assert [usd for _, usd in library.load_prices().of("Big")] == [0.875, pytest.approx(0.125)]
    assert set(snapshot(home / "prices")) == {
        "aliases.csv",
        "bills.toml",
        next((home / "prices").glob("bills.*.csv")).name,
    }


def test_the_door_returns_the_comparison(home, file):
    pytest.importorskip("pandas")
    columns = {"model": "System", "score": "Accuracy", "date": "Release date"}
    found = mk.import_evidence(file(FIRST), "my-exam", columns=columns, unit="points", chance=25, dry_run=True)
    assert found.written == ()
    assert not home.exists()
    assert found.table.loc[found.table.change == "new", "model"].tolist() == ["Big", "Small"]
    assert found.refused == (
        "exam.csv, line 4, column Release date: it is not a date; write year-month-day, such as 2026-05-31 (got 'soon')",
    )
    assert "nothing is written" in repr(found)
    with pytest.raises(mk.InputError, match="1 of 3 rows cannot be used"):
        mk.import_evidence(file(FIRST), "my-exam", columns=columns, unit="points", chance=25)
    found = mk.import_evidence(file(FIRST), "my-exam", columns=columns, unit="points", chance=25, yes=True)
    assert [path.name for path in found.written] == ["my-exam.toml"]
    assert found.document["written"] == [str(path) for path in found.written]


def test_a_table_of_another_kind_is_not_replaced_unasked(run_cli, home, file, one_message):
    home.mkdir()
    (home / "my-exam.toml").write_text('kind = "records"\n')
    before = snapshot(home)
    one_message(run_cli("evidence", "import", file(SECOND), *SAID), "no table of scores", "--yes")
    assert snapshot(home) == before
    assert run_cli("evidence", "import", file(SECOND), *SAID, "--yes").code == 0


# The command


def test_the_command_stands_beside_the_one_above_it(run_cli, monkeypatch, home):
    monkeypatch.setenv("COLUMNS", "80")
    answer = run_cli("evidence", "import", "--help")
    assert (answer.code, answer.err) == (0, "")
    assert max(map(len, answer.out.splitlines())) <= 80
    for option in ("--as", "--board", "--column", "--chance", "--dry-run", "--yes", "--json"):
        assert option in answer.out
    above = run_cli("evidence", "--help").out
    assert "evidence import" in " ".join(above.split())
    assert run_cli("evidence").code == 0
    assert run_cli("evidence", "import").code == 2
    assert run_cli("evidence", "--json", "import").code == 2  # an option before it: 'import' is a name


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["--as", "x", "--column", "score"], ["--column 'score' names no column", "WHAT=COLUMN"]),
        (["--as", "x", "--column", "score=a", "--column", "score=b"], ["given twice"]),
        (["--as", "x", "--column", "scores=Accuracy"], ["no column can be that", "Did you mean 'score'"]),
        (["--as", "x", "--as-of", "soon"], ["--as-of 'soon' is not a date"]),
        (["--as", "x"], ["which column holds the score", "--column model=..."]),
        (["--as", "x", *COLUMNS], ["what its scores are in", "--unit points"]),
        (["--as", "../x", *COLUMNS], ["no table can be called so"]),
    ],
)  # fmt: skip
def test_mistakes_are_one_message(run_cli, home, file, one_message, arguments, pieces):
    one_message(run_cli("evidence", "import", file(SECOND), *arguments), *pieces)
    assert not home.exists()


def test_a_folder_that_cannot_be_written_is_said(run_cli, home, file, one_message):
    home.write_text("a file in its place")
    answer = run_cli("evidence", "import", file(SECOND), *SAID)
    one_message(answer, "cannot write", "MEEKCAST_EVIDENCE")


def test_a_full_disk_leaves_what_stood(run_cli, home, file, monkeypatch, one_message, leftovers):
    run_cli("evidence", "import", file(SECOND), *SAID)
    before = snapshot(home)

    write = Path.write_bytes

    def full(path, content):
        if content.startswith(b"schema"):
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    one_message(run_cli("evidence", "import", file(FIRST), *SAID, "--yes"), "No space left")
    monkeypatch.undo()
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(home))
    assert leftovers(home) == []
    assert {name: text for name, text in snapshot(home).items() if name in before} == before
    assert library.load_evidence("my-exam").size == 3


STAMPED = """
import os, sys
from meekcast.observations.importing import write
from pathlib import Path
replace, renames, last = Path.replace, 0, int(sys.argv[1])

def counted(path, target):
    global renames
    if renames == last:
        os.kill(os.getpid(), 9)
    renames += 1
    return replace(path, target)

Path.replace = counted
sys.argv = ["meekcast", *sys.argv[2:]]
from meekcast.cli import main
main()
"""


@pytest.mark.long
def test_killed_between_any_two_renames_the_old_or_the_new_is_there(run_cli, run_process, home, file):
    """Scores and prices of one import: whenever it ends, every table can be read."""
    price = SECOND.replace("Open\n", "Open,USD\n").replace("no\n", "no,3\n").replace("yes\n", "yes,0.5\n")
    first = price.replace("Fresh,0.70", "Fresh,0.65").replace(",3\n", ",5\n")
    options = (*SAID, "--column", "price=USD", "--as-of", "2025-09-30")
    found = set()
    for step in range(5):
        for path in sorted(home.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        assert run_cli("evidence", "import", file(first), *options).code == 0
        answer = run_process(step, "evidence", "import", file(price), *options, code=STAMPED)
        table = library.load_evidence("my-exam")
        fresh = next(row.score for row in table.rows if row.model == "Fresh")
        usd = library.load_prices().of("Fresh")[-1][1]
        assert answer.code in (0, -signal.SIGKILL), answer.err
        assert (fresh, usd) in {(65.0, 5.0), (65.0, 3.0), (70.0, 3.0)}  # prices come first
        found.add((answer.code, fresh, usd))
    assert {(-signal.SIGKILL, 65.0, 5.0), (0, 70.0, 3.0)} <= found


def test_what_somebody_else_has_written_meanwhile_is_not_overwritten(run_cli, home, file, monkeypatch, one_message):
    from meekcast.cards import imports

    run_cli("evidence", "import", file(FIRST), *SAID, "--yes")
    prepared = imports.prepared

    def slowly(*arguments):
        (home / "other.csv").write_text("by another import")
        return prepared(*arguments)

    monkeypatch.setattr(imports, "prepared", slowly)
    one_message(run_cli("evidence", "import", file(SECOND), *SAID), "changed by somebody meanwhile", "again")
    assert library.load_evidence("my-exam").size == 2


# URLs


class Served(BaseHTTPRequestHandler):
    """Answers for tests, by path."""

    def __init__(self, answers, *arguments):
        self.answers = answers
        super().__init__(*arguments)

    def do_GET(self):
        status, headers, body = self.answers[self.path.split("?")[0]]
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        for piece in body() if callable(body) else [body]:
            try:
                self.wfile.write(piece)
            except OSError:
                return

    def log_message(self, *_):
        pass


@pytest.fixture
def served(monkeypatch):
    """Serve bytes on the loopback; the URL without a path, and what is answered by path."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    answers = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Served, answers))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", answers
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_url_is_a_file(run_cli, home, served):
    url, answers = served
    answers["/data/exam.csv"] = (200, {"Content-Type": "text/csv"}, SECOND.encode())
    answers["/latest"] = (302, {"Location": "/data/exam.csv"}, b"")
    for place in (f"{url}/data/exam.csv?raw=1", f"{url}/latest?key=secret"):
        answer = run_cli("evidence", "import", place, *SAID)
        assert (answer.code, answer.err) == (0, "")
    assert library.load_evidence("my-exam").source == f"imported from {url}/latest"  # without what may be secret


def endless():
    while True:
        yield b"a,b\n" * 10_000


def slow():
    for _ in range(50):
        yield b"a"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("status", "headers", "body", "piece"),
    [
        (404, {}, b"no", "HTTP Error 404"),
        (500, {}, b"no", "HTTP Error 500"),
        (200, {}, b"", "answered with nothing"),
        (200, {"Content-Type": "text/html"}, b"<!doctype html><p>Sign in", "is a web page (HTML)"),
        (200, {}, endless, "answers with more than"),
        (200, {}, slow, "takes more than"),
        (200, {"Content-Length": "1000"}, b"a,b\n1,2\n", "broke off after 8 of 1000 bytes"),
        (302, {"Location": "file:///etc/hostname"}, b"", "not allowed"),
        (302, {"Location": "ftp://127.0.0.1/exam.csv"}, b"", "ftp://127.0.0.1/exam.csv is not a URL of the web"),
        (302, {"Location": "/exam.csv"}, b"", "redirect"),
    ],
)  # fmt: skip
def test_what_a_server_can_do_wrong(run_cli, home, served, one_message, monkeypatch, status, headers, body, piece):
    url, answers = served
    answers["/exam.csv"] = (status, headers, body)
    monkeypatch.setattr(fetch, "MOST_DOWNLOADED", 1_000_000)
    monkeypatch.setattr(fetch, "SECONDS", 1.0)
    one_message(run_cli("evidence", "import", f"{url}/exam.csv", *SAID), piece)
    assert not home.exists()


# On a busy machine the collector finds the socket of the connection that timed out before its thread has closed it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_is_not_there_or_says_nothing(run_cli, home, served, one_message, monkeypatch):
    url, answers = served
    answers["/exam.csv"] = (200, {}, lambda: iter([time.sleep(1.5) or b"a"]))
    monkeypatch.setattr(fetch, "SECONDS_OF_SILENCE", 0.3)
    one_message(run_cli("evidence", "import", f"{url}/exam.csv", *SAID), "cannot download", "timed out")
    one_message(run_cli("evidence", "import", "http://127.0.0.1:1/exam.csv", *SAID), "cannot download", "Check the URL")


# Measured


def test_an_import_loads_no_sampler_and_no_pictures(run_process, home, file):
    code = (
        "import sys; from meekcast.cli import main; sys.argv = ['meekcast', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print([m for m in ('pymc', 'matplotlib', 'pandas', 'polars', 'scipy', 'arviz') if m in sys.modules])"
    )
    answer = run_process("evidence", "import", file(SECOND), *SAID, "--json", code=code)
    assert answer.out.splitlines()[-1] == "[]", answer.err
