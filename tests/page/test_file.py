"""The page as a file: what is packed in it, what it may load, whose text it holds, and who may have it."""

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import meekcast as mk
from meekcast.errors import InputError, OutputError
from meekcast.report.page.packing import LEVELS, kept, kept_dates, pack
from meekcast.runs.verify import SEAL, seal

ROOT = Path(__file__).parents[2]
TODAY = "2026-11-21"
HOSTILE = "<script>alert(1)</script>"
VENDORED = [ROOT / "src/meekcast/report/page/vendor", ROOT / "tests/page/vendor"]


# Packing


def undone(packed, m):
    """What `draws.js` makes of packed draws, written a second time."""
    data, n = gzip.decompress(base64.b64decode(packed["bytes"])), packed["draws"]
    quantities = {}
    for k, (name, scale) in enumerate(packed["quantities"].items()):
        of = np.frombuffer(data[2 * k * n * m : 2 * (k + 1) * n * m], np.uint8).astype(np.uint16)
        folded = of[: n * m] | (of[n * m :] << 8)
        change = (folded >> 1) ^ (np.uint16(0) - (folded & 1))
        level = np.cumsum(change.reshape(m, n), axis=0, dtype=np.uint16).T
        spread = np.linspace(scale["low"], scale["high"], LEVELS + 1)
        values = [*(np.exp(spread) if scale["log"] else spread), np.nan, *scale["exact"]]
        quantities[name] = np.asarray(values)[level]
    rest = np.frombuffer(data[2 * len(packed["quantities"]) * n * m :], "<f4").reshape(-1, n)
    return quantities, dict(zip([*packed["parameters"], *packed["events"]], rest, strict=True))


VALUES = st.floats(-1e9, 1e9) | st.just(np.nan)


@settings(max_examples=60, deadline=None)
@given(
    values=arrays(float, st.tuples(st.integers(1, 7), st.integers(1, 9)), elements=VALUES),
    parameter=st.floats(-1e30, 1e30),
)
def test_what_is_packed_comes_back_to_a_share_of_its_range(values, parameter):
    drawn = np.full(len(values), parameter)
    packed = pack({"gap": values, "less": -values}, {"p": drawn}, {"e": drawn + 1}, 100)
    quantities, parameters = undone(packed, values.shape[1])
    for name, held in (("gap", values), ("less", -values)):
        scale = packed["quantities"][name]
        np.testing.assert_array_equal(np.isnan(quantities[name]), np.isnan(held))
        if scale["log"]:
            quantities[name], held = np.log(quantities[name]), np.log(held)
        np.testing.assert_allclose(
            quantities[name], held, rtol=1e-9, atol=(scale["high"] - scale["low"]) / LEVELS * 0.5001
        )
    np.testing.assert_array_equal(parameters["p"], drawn.astype(np.float32))
    np.testing.assert_array_equal(parameters["e"], (drawn + 1).astype(np.float32))


def test_infinite_values_are_the_largest():
    values = np.array([[1.0, np.inf], [-np.inf, 3.0]])
    quantities, _ = undone(pack({"lag": values}, {}, {}, 2), 2)
    np.testing.assert_allclose(quantities["lag"], [[1.0, 3.0], [1.0, 3.0]])


def test_what_was_seen_is_not_rounded():
    seen = [3.0, 2.999, 3.001]
    values = np.array([[600.0, 3.0, 3.0], [0.0, 2.999, 3.001], [0.1, 0.2, 0.3]])
    quantities, _ = undone(pack({"gap": values}, {}, {}, 3, {"gap": seen}), 3)
    np.testing.assert_array_equal(quantities["gap"][:2, 1:], values[:2, 1:].astype(np.float32))


def test_what_spans_many_orders_is_rounded_on_its_logarithm():
    values = np.array([[1e3, 1e4, 1e5], [1e3, 1e9, 1e17]])
    quantities, _ = undone(pack({"tokens": values}, {}, {}, 2), 3)
    np.testing.assert_allclose(quantities["tokens"], values, rtol=0.02)


TIMES = 2023 + np.arange(216) / 12


@given(today=st.floats(2020, 2045), thinned=st.integers(1, 12))
def test_kept_dates_are_fine_where_it_matters_and_go_from_the_first_to_the_last(today, thinned):
    found = kept_dates(TIMES, today, thinned)
    assert (found[0], found[-1]) == (0, len(TIMES) - 1)
    assert (np.diff(found) >= 1).all()
    assert (np.diff(found) <= thinned).all()
    assert set(np.flatnonzero(today + 3 >= TIMES)) <= set(found)


@given(of=st.integers(1, 8000), quantities=st.integers(1, 700))
def test_draws_are_spread_evenly_and_many_enough(of, quantities):
    draws, dates = kept(TIMES, 2026.9, of, quantities)
    assert len(draws) == of or 250 <= len(draws) <= 1000
    assert draws[0] == 0
    assert draws[-1] == of - 1
    assert len(draws) == 1 or np.ptp(np.diff(draws)) <= 1
    assert len(dates) == len(TIMES) or len(TIMES) * 250 * quantities > 1_400_000


# What it holds


@pytest.mark.long
def test_a_page_is_small(from_priors, many, tmp_path):
    """That of the default card and that of four followers on six boards."""
    for forecast in (from_priors("leaderboard"), many):
        assert forecast.report(tmp_path / "page.html").stat().st_size < 2_000_000


def test_the_numbers_are_those_of_the_summary(leaderboard_run, board, whole, content_of):
    found, document = content_of(whole), json.loads((leaderboard_run[0] / "summary.json").read_text())
    bands = document.pop("bands")
    document.pop("files")
    assert found["summary"] == document
    grid = np.isin(board.source.draws.times, found["band_times"])
    assert grid.sum() == len(found["band_times"]) > 60
    for quantity in found["quantities"]:
        for p, values in bands[quantity["name"]]["quantiles"].items():
            assert quantity["bands"][p] == [v for v, kept in zip(values, grid, strict=True) if kept]


def test_the_draws_are_some_of_the_forecast(board, whole, content_of):
    found, drawn = content_of(whole), board.source.draws
    quantities, parameters = undone(found["draws"], len(found["times"]))
    chosen, dates = kept(drawn.times, 2026.9, found["draws"]["of"], len(quantities))
    assert found["times"] == drawn.times[dates].tolist() == drawn.times.tolist()  # of one board no month is left out
    assert len(chosen) == found["draws"]["draws"] == 1000
    for name, values in quantities.items():
        exact = drawn.read(name)[np.ix_(chosen, dates)]
        np.testing.assert_allclose(values, exact, atol=np.ptp(exact[np.isfinite(exact)]) / LEVELS, rtol=0)
    for name in found["draws"]["parameters"]:
        np.testing.assert_array_equal(parameters[name], drawn.posterior[name][chosen].astype(np.float32))
    for event in board.source.events:
        np.testing.assert_array_equal(parameters[event.name], event.dates[chosen].astype(np.float32))


def test_lines_that_it_offers_carry_what_the_run_was_asked_with(written, content_of, elapsed_page, near_page):
    assert content_of(elapsed_page)["asked"] == ""
    assert content_of(near_page)["asked"] == " --until 3"
    more = mk.forecast("paper", "literature", today=TODAY, draws=250, seed=2, evidence=["training-costs"])
    assert content_of(written("more", more))["asked"] == " --seed 2 --evidence training-costs"


class Loads(HTMLParser):
    """Tags of a page, and what a browser would fetch for them."""

    FETCHED = ("src", "srcset", "data", "poster", "background", "action", "formaction")

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.fetched, self.text, self.policy, self._script = [], [], [], "", False

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self._script = tag in ("script", "style")
        self.fetched += [found[name] for name in self.FETCHED if name in found]
        self.fetched += [found["href"]] if "href" in found and tag != "a" else []
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if not self._script:
            self.text.append(data)


def read(file):
    parser = Loads()
    parser.feed(Path(file).read_text(encoding="utf-8"))
    return parser


@pytest.mark.long
@pytest.mark.parametrize("name", ["whole", "elapsed_page", "point_page", "followers_page", "hostile_page"])
def test_a_page_loads_nothing_and_forbids_it(request, name):
    file = request.getfixturevalue(name)
    found = read(file)
    assert [url[:60] for url in found.fetched if not url.startswith("data:image/png;base64,")] == []
    assert "link" not in found.tags
    policy = dict(part.split(" ", 1) for part in found.policy.split("; "))
    assert policy["default-src"] == policy["connect-src"] == "'none'"
    assert not re.search(r"https?:|\*", found.policy)
    css = re.search(r"<style>(.*?)</style>", file.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert not re.search(r"@import|url\(", css)


def test_its_scripts_name_no_address_but_of_formats_and_authors(whole, scripts_of):
    named = set(re.findall(r"https?://([^\"'`\s)/]+)", scripts_of(whole)))
    assert named <= {"www.w3.org", "d3js.org", "github.com"}


def test_text_of_others_is_text(whole, hostile_page, content_of):
    ours, foe = read(whole), read(hostile_page)
    assert foe.tags.count("script") == ours.tags.count("script")
    said = "".join(foe.text)
    assert said.count(HOSTILE) >= 6  # title, heading, event, follower, source and licence
    found = content_of(hostile_page)
    assert found["summary"]["title"] == HOSTILE + "w" * 250
    assert found["boards"][0]["source"] == HOSTILE
    assert HOSTILE in {row["model"] for row in found["evidence"]}


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.parents[1].name)
def test_libraries_are_those_that_were_published(folder):
    table = (folder / "README.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    said = {row[0]: row[-1] for row in rows[2:]}
    assert said == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.js")}
    licences = {row[3].split(", ")[1] for row in rows[2:]}
    assert licences == {file.name for file in folder.glob("LICENSE*")}


# Ways to have one


def test_every_way_to_a_page_gives_the_same_bytes(leaderboard_run, run_cli, tmp_path):
    folder = leaderboard_run[0]
    answer = run_cli("report", folder, "--out", tmp_path / "typed.html")
    assert answer.code == 0, answer.err
    assert "offline" in answer.out
    called = mk.open(folder).report(tmp_path / "called.html").read_bytes()
    assert hashlib.sha256((tmp_path / "typed.html").read_bytes()).digest() == hashlib.sha256(called).digest()


def test_without_out_it_is_named_by_its_card(run, run_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_cli("report", run).code == 0
    assert (tmp_path / "paper.html").is_file()


def test_a_forecast_writes_its_page_and_vouches_for_it(leaderboard_run, content_of):
    folder, answer = leaderboard_run
    manifest, file = json.loads((folder / "manifest.json").read_text()), folder / "report.html"
    assert manifest["outputs"]["report.html"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert "report.html" in json.loads((folder / "summary.json").read_text())["files"]
    assert content_of(file)["summary"]["card"] == json.loads(answer.out)["card"]


@pytest.mark.parametrize(("until", "by"), [(1, "by year 1"), (5, "by year 5"), (15, "by year 10")])
def test_a_near_horizon_leaves_fewer_dates_and_still_an_answer(tmp_path, until, by):
    html = mk.forecast("paper", until=until).report(tmp_path / "page.html").read_text(encoding="utf-8")
    lead = re.search(r'<p class="lead">(.*?)</p>', html)[1]
    assert f"Probability that the loss gap passes its peak {by}: " in lead


@pytest.mark.long
def test_what_drives_the_answer_is_there_once_it_was_computed(run, run_cli, content_of, tmp_path):
    def drivers():
        assert run_cli("report", run, "--out", tmp_path / "page.html").code == 0
        return content_of(tmp_path / "page.html")["drivers"]

    assert drivers() is None
    assert run_cli("sensitivity", run).code == 0
    assert drivers()["measure_first"]
    other = json.loads((run / "sensitivity.json").read_text()) | {"today": "2020-01-01"}
    (run / "sensitivity.json").write_text(json.dumps(other))
    assert drivers() is None


# Bad input


@pytest.fixture(scope="module")
def saved(elapsed, tmp_path_factory):
    return elapsed.save(tmp_path_factory.mktemp("saved") / "run")


@pytest.fixture
def run(saved, tmp_path):
    """Folder of a run that may be harmed."""
    return shutil.copytree(saved, tmp_path / "run")


def resealed(folder, alter):
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    alter(manifest)
    manifest[SEAL] = seal(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")


def changed(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


HARMS = {
    "without draws": (lambda run: (run / "forecast.nc").unlink(), "forecast.nc"),
    "without summary": (lambda run: (run / "summary.json").unlink(), "summary.json"),
    "of a newer version": (lambda run: resealed(run, lambda m: m.update(schema="meekcast.manifest/99")), "newer"),
    "with other draws": (lambda run: changed(run / "forecast.nc"), "forecast.nc"),
    "with another summary": (lambda run: changed(run / "summary.json"), "summary.json"),
    "with another picture": (lambda run: changed(run / "gap.png"), "gap.png"),
    "with another manifest": (lambda run: changed(run / "manifest.json"), "manifest.json"),
    "of nothing": (shutil.rmtree, "no run folder"),
}


def refused(answer, *pieces):
    """One message with a remedy, and nothing else."""
    assert (answer.code, answer.out) == (2, ""), answer.err
    assert answer.err.count("error:") == 1
    assert "Traceback" not in answer.err
    message = " ".join(answer.err.split())
    for piece in pieces:
        assert piece in message, message


@pytest.mark.parametrize("harm", HARMS)
def test_a_run_that_cannot_be_believed_has_no_page(run, run_cli, tmp_path, harm):
    act, said = HARMS[harm]
    out = tmp_path / "out"
    out.mkdir()
    act(run)
    refused(run_cli("report", run, "--out", out / "page.html"), said)
    assert list(out.iterdir()) == []


def test_a_story_on_another_clock_is_refused(leaderboard_run, board, run, run_cli, tmp_path):
    answer = run_cli("report", leaderboard_run[0], "--beside", run, "--out", tmp_path / "page.html")
    refused(answer, "clock", "paper")
    assert not (tmp_path / "page.html").exists()
    with pytest.raises(InputError, match="clock"):
        board.report(tmp_path / "page.html", beside=[mk.open(run)])


def test_a_folder_is_no_file(run, run_cli, tmp_path):
    refused(run_cli("report", run, "--out", tmp_path), "is a folder", "--out")


@pytest.mark.skipif(os.name != "posix", reason="permissions as on Unix")
def test_where_nothing_may_be_written_an_earlier_page_stays(run, run_cli, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "page.html").write_text("earlier")
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    refused(run_cli("report", run, "--out", blocked / "page.html"), "file")
    if os.geteuid() != 0:  # root may write everywhere
        out.chmod(0o500)
        refused(run_cli("report", run, "--out", out / "page.html"), "page.html")
        out.chmod(0o700)
        assert [file.name for file in out.iterdir()] == ["page.html"]
    assert (out / "page.html").read_text() == "earlier"


def test_a_page_that_fails_leaves_no_run(elapsed, tmp_path, monkeypatch):
    """The page is written with the run: all of it, or nothing."""

    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("meekcast.report.page.write.page", fails)
    with pytest.raises(OutputError, match="space"):
        elapsed.save(tmp_path / "run")
    assert not (tmp_path / "run" / "manifest.json").exists()


# Tests in a browser


@pytest.mark.long
@pytest.mark.parametrize(("ci", "said"), [("", "was not tested in a browser"), ("true", "CI leaves no test out")])
def test_without_a_browser_the_summary_says_so_and_ci_fails(ci, said):
    asked = [
        sys.executable,
        "-m",
        "pytest",
        "-n0",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "browser",
        "tests/page/test_readers.py",
        "-k",
        "skip_link",
    ]
    done = subprocess.run(
        asked,
        cwd=ROOT,
        env={**os.environ, "PATH": str(ROOT / "tests"), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if ci else 0), done.stdout + done.stderr
    assert said in done.stdout
