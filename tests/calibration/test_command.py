"""``meekcast calibrate``: files, words and pictures; what is kept, and who shows it."""

import json

import pytest

from meekcast.calibrations import shelf
from meekcast.calibrations.documents import Calibrated, CalibrationDocument
from meekcast.inference import posterior
from meekcast.inputs import gather
from meekcast.runs.verify import misfit

CARD = "unbounded-measure"
FEWEST = 6
"""For these tests: as many as are shown elsewhere."""
FILES = {"calibrate.json", "calibrate.png"}


@pytest.fixture
def fitted(monkeypatch, tmp_path, prior_fit):
    """From here on nothing is sampled, and the cache and the shelf are this test's own."""
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shelf, "SHELF", tmp_path / "shelf")
    monkeypatch.setattr(shelf, "FEWEST", FEWEST)
    monkeypatch.setenv("COLUMNS", "80")
    fit = prior_fit()
    monkeypatch.setattr(posterior, "sampled", fit)
    return fit


def stored(folder):
    return json.loads((folder / CARD / "calibrate.json").read_text(encoding="utf-8"))


def test_it_writes_its_files_prints_what_they_say_and_goes_on(run_cli, fitted, tmp_path):
    answer = run_cli("calibrate", CARD, "--simulations", 12, "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert {file.name for file in (tmp_path / "out" / CARD).iterdir()} == FILES
    document = stored(tmp_path / "out")
    assert misfit(CalibrationDocument, document) == ""
    assert set(document["files"]) == FILES
    assert max(map(len, answer.out.splitlines())) <= 80
    more = run_cli("calibrate", CARD, "--simulations", 15, "--out", tmp_path / "out")
    assert "12 of 15 simulations were kept" in more.out
    assert len(fitted.asked) == 15
    at_once = run_cli("calibrate", CARD, "--simulations", 15, "--fresh", "--json", "--out", tmp_path / "again")
    assert json.loads(at_once.out) == stored(tmp_path / "again") == stored(tmp_path / "out")
    assert len(fitted.asked) == 30
    pictures = [(tmp_path / out / CARD / "calibrate.png").read_bytes() for out in ("out", "again")]
    assert pictures[0] == pictures[1]


def test_a_line_that_was_not_written_whole_costs_one_simulation(run_cli, fitted, tmp_path):
    run_cli("calibrate", CARD, "--simulations", 4, "--quiet", "--out", tmp_path / "out")
    whole = stored(tmp_path / "out")
    (file,) = (tmp_path / "cache").glob("simulations-*.jsonl")
    file.write_text(file.read_text(encoding="utf-8")[:-30], encoding="utf-8")
    answer = run_cli("calibrate", CARD, "--simulations", 4, "--out", tmp_path / "out")
    assert "3 of 4 simulations were kept" in answer.out
    assert "find gross faults only" in " ".join(answer.out.split())
    again = run_cli("calibrate", CARD, "--simulations", 4, "--out", tmp_path / "out")
    assert "4 of 4 simulations were kept" in again.out
    assert stored(tmp_path / "out") == whole


@pytest.mark.parametrize("change", [{"number": 99}, {"ranks": {"alpha": 3}}, {"ranks": None}, {"divergences": ...}])
def test_a_kept_line_that_is_not_what_was_kept_is_made_again(run_cli, fitted, tmp_path, change):
    run_cli("calibrate", CARD, "--simulations", 2, "--quiet", "--out", tmp_path / "out")
    (file,) = (tmp_path / "cache").glob("simulations-*.jsonl")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    first = {key: value for key, value in {**lines[0], **change}.items() if value is not ...}
    file.write_text("\n".join(map(json.dumps, [first, lines[1]])), encoding="utf-8")
    answer = run_cli("calibrate", CARD, "--simulations", 2, "--out", tmp_path / "out")
    assert "1 of 2 simulations were kept" in answer.out


def test_ctrl_c_says_what_is_kept_and_writes_nothing(run_cli, fitted, tmp_path):
    fitted.interrupt_after = 3
    answer = run_cli("calibrate", CARD, "--simulations", 9, "--out", tmp_path / "out")
    assert answer.code == 130
    assert "3 simulations are kept in the cache, the same command goes on after them" in " ".join(answer.err.split())
    assert not (tmp_path / "out" / CARD / "calibrate.json").exists()


def test_other_seeds_and_processes_are_kept_apart(run_cli, fitted, tmp_path):
    for more in ((), ("--seed", 1), ("--process", "likelihood")):
        run_cli("calibrate", CARD, "--simulations", 2, "--quiet", *more, "--out", tmp_path / "out")
    assert len(fitted.asked) == 6


def test_what_is_known_is_shown_by_models_forecasts_and_pages(run_cli, fitted, tmp_path):
    inputs = gather(CARD)
    assert shelf.find(inputs) is None
    assert "calibration" not in run_cli("models", CARD).out
    shipped = run_cli("calibrate", CARD, "--simulations", FEWEST, "--ship", "--quiet", "--out", tmp_path / "out")
    assert shipped.code == 0, shipped.err
    found = shelf.find(inputs)
    assert misfit(Calibrated, found) == ""
    assert (found["simulations"], found["earlier_version"]) == (FEWEST, False)
    (file,) = (tmp_path / "shelf").iterdir()
    assert file.stat().st_size < 6000
    line = f"In {FEWEST} simulations with known truth: {found['verdict']}"
    assert line in " ".join(run_cli("models", CARD).out.split())
    forecast = run_cli("forecast", CARD, "--draws", 100, "--out", tmp_path / "run")
    assert forecast.code == 0, forecast.err
    assert line in " ".join(forecast.out.split())
    assert line in (tmp_path / "run" / CARD / "report.html").read_text(encoding="utf-8")
    changed = gather(CARD, "wide")
    assert shelf.find(changed) is None


def test_a_calibration_by_other_code_says_so(run_cli, fitted, tmp_path):
    run_cli("calibrate", CARD, "--simulations", FEWEST, "--ship", "--quiet", "--out", tmp_path / "out")
    for file in (*(tmp_path / "shelf").iterdir(), *(tmp_path / "cache").glob("calibrated-*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**document, "source": "other"}), encoding="utf-8")
    assert "found by an earlier version of meekcast" in " ".join(run_cli("models", CARD).out.split())


@pytest.mark.parametrize("width", [60, 120])
def test_the_report_fits_the_terminal(run_cli, fitted, tmp_path, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    answer = run_cli("calibrate", CARD, "--simulations", 3, "--out", tmp_path / "out")
    assert max(map(len, answer.out.splitlines())) <= width or str(tmp_path) in max(answer.out.splitlines(), key=len)
    assert "dates of events" in " ".join(answer.out.split())


def test_from_python(fitted, tmp_path):
    import meekcast as mk

    found = mk.calibrate(CARD, simulations=3)
    assert found.verdict in ("ok", "warn")
    assert list(found.table.loc[:, "n"].unique()) == [3]
    again = mk.open(found.save(tmp_path / "saved") / "calibrate.json")
    assert isinstance(again, mk.Calibration)
    assert again.table.equals(found.table)
    assert "dates of events" in repr(found)
    assert found.plot.ranks().axes
    for wrong in ({"simulations": 0}, {"process": "prediction"}):
        with pytest.raises(mk.InputError):
            mk.calibrate(CARD, **wrong)
