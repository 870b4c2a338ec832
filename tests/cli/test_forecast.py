"""``meekcast forecast``: what it prints and writes, and that a mistake or Ctrl-C costs nothing."""

import json

import pytest

from meekcast.backtests.shelf import SHELF
from meekcast.inference import diagnostics
from meekcast.runs.obtain import Obtained

TODAY = "2026-11-21"
FILES = {"forecast.nc", "gap.png", "loss.png", "manifest.json", "prior_posterior.png", "report.html", "summary.json"}


def test_forecast_json_is_json_and_nothing_else_and_progress_goes_to_stderr(paper_run):
    out, answer = paper_run
    assert answer.code == 0
    document = json.loads(answer.out)
    assert document["card"] == "paper"
    assert document["point"] is True
    assert answer.err.startswith("... paper: loading\n")
    assert {file.name for file in (out / "paper").iterdir()} == FILES


def test_a_point_result_says_so(run_cli, paper_run):
    answer = run_cli("forecast", "paper", "--today", TODAY, "--out", paper_run[0])
    assert "Every prior is a point" in answer.out
    assert "no uncertainty is stated" in answer.out
    assert "interval" not in answer.out


def test_asking_the_same_again_computes_nothing(run_cli, paper_run, monkeypatch):
    out, _ = paper_run
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in (out / "paper").iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr("meekcast.forecasts.forecast.forecast", None)  # calling it would fail
        answer = run_cli("forecast", "paper", "--today", TODAY, "--out", out)
    assert answer.code == 0
    assert answer.err.strip() == ""
    assert "unchanged since the last run; --fresh computes it again" in answer.out
    assert {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in (out / "paper").iterdir()} == before


def test_fresh_computes_again_and_another_date_is_another_run(run_cli, paper_run, monkeypatch):
    out, first = paper_run
    computed = []

    def compute(*arguments, **options):
        computed.append(arguments)
        return json.loads(first.out), []

    monkeypatch.setattr("meekcast.runs.write.write_run", compute)
    for extra in (["--fresh"], ["--today", "2026-11-22"], ["--until", "20"], ["--seed", "1"], ["--set", "R=2"]):
        assert run_cli("forecast", "paper", "--today", TODAY, "--out", out, *extra).code == 0
    assert len(computed) == 5


def test_a_run_with_a_file_missing_is_not_standing(run_cli, paper_run, monkeypatch, tmp_path):
    out, _ = paper_run
    (tmp_path / "paper").mkdir()
    for file in (out / "paper").iterdir():
        if file.name != "gap.png":
            (tmp_path / "paper" / file.name).write_bytes(file.read_bytes())
    computed = []
    monkeypatch.setattr(
        "meekcast.runs.write.write_run", lambda *a, **o: computed.append(a) or (json.loads(paper_run[1].out), [])
    )
    run_cli("forecast", "paper", "--today", TODAY, "--out", tmp_path)
    assert len(computed) == 1


def test_quiet_writes_the_files_and_prints_nothing(run_cli, tmp_path, leftovers):
    answer = run_cli("forecast", "paper", "--quiet", "--out", tmp_path)
    assert answer == (0, "", "")
    assert {file.name for file in (tmp_path / "paper").iterdir()} == FILES
    assert leftovers(tmp_path) == []


def test_the_report_is_what_a_policy_reader_needs(run_cli, leaderboard_run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    folder, _ = leaderboard_run
    answer = run_cli("forecast", folder.name, "--today", TODAY, "--out", folder.parent)
    assert answer.code == 0
    shown = " ".join(answer.out.split())
    for piece in (
        "The price band on MMLU-Pro", "Asked on 2026-11-21", "median", "50 % interval", "90 % interval", "P(by",
        "2027)", "2030)", "P(not by", "2040)", "gap stays below 5 points", "card mmlu-pro-alone (calendar clock)",
        "priors literature", "mmlu-pro: 13 records, the last of 2025-04-01", "nutpie, 4,000 draws",
        "r-hat", "divergent", "unchanged since the last run",
    ):  # fmt: skip
        assert piece in shown, piece
    for name in FILES:
        assert name in answer.out
    headlines = [shown.index(words) for words in ("months behind", "gap that the", "Date of an event")]
    assert headlines == sorted(headlines)  # lags, gaps, events


@pytest.mark.long
def test_predictive_checks_are_one_flag_away(run_cli, leaderboard, tmp_path):
    """On the default card, which reads four leaderboards and carries a scorecard."""
    answer = run_cli("forecast", "--check", "--today", TODAY, "--out", tmp_path)
    assert answer.code == 0
    shown = " ".join(answer.out.split())
    for name in ("mmlu_pro", "gpqa", "eci", "arena"):
        assert f"prior predictive, {name}" in shown
    shipped = json.loads((SHELF / "leaderboard.json").read_text(encoding="utf-8"))
    assert f"Forecasts made at {shipped['pooled']['origins']} month ends from {shipped['first_origin']}" in shown
    document = json.loads((tmp_path / "leaderboard" / "summary.json").read_text())
    assert [check["kind"] for check in document["predictive_checks"]] == [*["prior"] * 4, *["posterior"] * 4]
    assert document["scorecard"]["card"] == "leaderboard"
    assert document["diagnostics"]["status"] != "fail"
    assert document["diagnostics"]["ess_bulk_min"] > 200
    assert {file.name for file in (tmp_path / "leaderboard").iterdir()} == FILES | {
        "lag_check.png",
        "lags.png",
        "predictive_check.png",
    }


@pytest.fixture
def request_only(monkeypatch):
    """Stop before anything is computed; what was gathered is kept."""
    kept = {}

    def obtain(order, progress, draw, fresh=False):
        kept.update(inputs=order.inputs, settings=order.settings, today=order.today, until=order.until)
        return Obtained(kept.get("answer", {"diagnostics": {"status": "ok"}}), [], stood=False)

    monkeypatch.setattr("meekcast.runs.obtain.obtain_run", obtain)
    return kept


def test_set_on_a_member_of_a_joint_prior_moves_the_others(run_cli, tmp_path):
    arguments = ["forecast", "paper", "--priors", "literature", "--draws", "50", "--json", "--until", "10"]
    plain = json.loads(run_cli(*arguments, "--out", tmp_path / "a").out)["parameters"]
    fixed = json.loads(run_cli(*arguments, "--out", tmp_path / "b", "--set", "alpha=0.155").out)["parameters"]
    assert set(fixed["alpha"]["prior"].values()) == {0.155}
    assert fixed["A"]["prior"]["0.5"] < 0.5 * plain["A"]["prior"]["0.5"]
    assert fixed["A"]["prior"]["0.95"] / fixed["A"]["prior"]["0.05"] < 1.5
    assert fixed["L0"]["prior"]["0.5"] != plain["L0"]["prior"]["0.5"]
    assert fixed["g_algorithms"]["prior"] == plain["g_algorithms"]["prior"]
    assert fixed["alpha"]["source"] == "stated by the user: 0.155"


def test_prior_changes_a_prior_in_one_line(run_cli, request_only, tmp_path):
    run_cli("forecast", "--json", "--out", tmp_path, "--prior", "g_algorithms=LogNormal(4.0, 90% 2.0..8.0)")
    belief = request_only["inputs"].belief
    assert [belief.quantile("g_algorithms", p) for p in (0.05, 0.5, 0.95)] == pytest.approx([2, 4, 8])


def test_options_reach_the_forecast(run_cli, request_only, tmp_path):
    run_cli(
        "forecast", "--json", "--priors", "wide", "--evidence", "mmlu-pro-small", "--seed", "7", "--draws", "60",
        "--tune", "70", "--target-accept", "0.9", "--sampler", "pymc", "--today", TODAY, "--until", "2030",
        "--set", "g_hardware=1.3", "--set", "g_price=2", "--prior", "slowdown=10", "--out", tmp_path,
    )  # fmt: skip
    settings, inputs = request_only["settings"], request_only["inputs"]
    assert (settings.seed, settings.draws, settings.tune, settings.target_accept, settings.sampler) == (
        7,
        60,
        70,
        0.9,
        "pymc",
    )
    assert (inputs.priors.name, inputs.tables[0].name) == ("wide", "mmlu-pro-small")
    assert [(o.name, o.prior) for o in inputs.overrides] == [
        ("g_hardware", "1.3"),
        ("g_price", "2"),
        ("slowdown", "10"),
    ]
    assert request_only["today"].isoformat() == TODAY
    assert request_only["until"] == 2030


def test_seed_zero_is_the_default_and_a_seed(run_cli, request_only, tmp_path):
    run_cli("forecast", "--json", "--out", tmp_path)
    assert request_only["settings"].seed == 0


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["nowhere"], ["unknown model card 'nowhere'", "Allowed: ", "leaderboard", "paper"]),
        (["mine.toml"], ["there is no file mine.toml"]),
        (["--priors", "literatur"], ["unknown prior set 'literatur'", "Did you mean 'literature'?"]),
        (["--evidence", "nowhere"], ["unknown evidence 'nowhere'"]),
        (["paper", "--evidence", "mmlu-pro"], ["evidence 'mmlu-pro' is about 'mmlu_pro'", "card 'paper'"]),
        (["--today", "soon"], ["--today 'soon' is not a date", "2026-11-21"]),
        (["--today", "2026-13-01"], ["--today '2026-13-01' is not a date"]),
        (["--set", "alfa=1"], ["no parameter 'alfa'", "Did you mean 'alpha'?"]),
        (["--set", "alpha"], ["cannot read 'alpha'", "NAME=VALUE"]),
        (["--set", "alpha=Normal(0.1, sd 0.1)"], ["--set", "is not a number", "use --prior"]),
        (["--set", "alpha=fast"], ["alpha: cannot read the prior 'fast'"]),
        (["--set", "g_hardware=-1.4"], ["g_hardware = -1.4", "outside 0..inf"]),
        (["--set", "alpha=0.155", "--set", "alpha=0.154"], ["alpha is changed twice", "once"]),
        (["--set", "alpha=0.155", "--prior", "alpha=Normal(0.1, sd 0.01)"], ["alpha is changed twice"]),
        (["--prior", "g_price=LogNormal(2.4, 90% 2.9..2.0)"], ["g_price: in the prior", "out of order"]),
        (["--prior", "g_price=Gamma(1, 2)"], ["unknown prior family 'Gamma'"]),
        (["--until", "1"], ["the horizon 1", "--until"]),
        (["paper", "--until", "1000"], ["the horizon 1000", "--until"]),
    ],
)
def test_a_forecast_that_cannot_be_made_is_one_message(run_cli, tmp_path, arguments, pieces, one_message, leftovers):
    one_message(run_cli("forecast", "--json", "--out", tmp_path, *arguments), *pieces)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("blocked", ["out", "card"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_computed(
    run_cli, request_only, tmp_path, blocked, one_message
):
    out = tmp_path / "out"
    if blocked == "card":
        out.mkdir()
    (out if blocked == "out" else out / "paper").write_text("a file in the way")
    one_message(run_cli("forecast", "paper", "--json", "--out", out), str(out), "--out DIR")
    assert not request_only
    assert (out if blocked == "out" else out / "paper").read_text() == "a file in the way"


def test_a_disk_that_is_full_leaves_an_earlier_result_whole(run_cli, paper_run, monkeypatch, one_message, leftovers):
    out, _ = paper_run
    before = {file.name: file.read_bytes() for file in (out / "paper").iterdir()}

    def full(result, file):
        file.write_bytes(b"half of")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("meekcast.runs.netcdf.write", full)
    answer = run_cli("forecast", "paper", "--json", "--today", "2026-11-23", "--out", out)
    one_message(answer, "No space left on device", str(out))
    assert {file.name: file.read_bytes() for file in (out / "paper").iterdir()} == before
    assert leftovers(out) == []


def test_ctrl_c_anywhere_else_leaves_an_earlier_result_whole(run_cli, paper_run, monkeypatch, leftovers):
    out, _ = paper_run
    before = {file.name: file.read_bytes() for file in (out / "paper").iterdir()}

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    for place in (
        "meekcast.forecasts.forecast.forecast",
        "meekcast.plots.run.write_pictures",
        "meekcast.runs.netcdf.write",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, interrupted)
            answer = run_cli("forecast", "paper", "--json", "--today", "2026-11-23", "--out", out)
        assert answer.code == 130
        assert answer.out == ""
        assert "Traceback" not in answer.err
        assert answer.err.count("interrupted: nothing is half-written, what was finished before stands") == 1
        assert {file.name: file.read_bytes() for file in (out / "paper").iterdir()} == before
        assert leftovers(out) == []


@pytest.mark.long
def test_a_failed_diagnostic_is_told_with_its_remedy_and_exits_with_3(run_cli, monkeypatch, leaderboard, tmp_path):
    monkeypatch.setattr(diagnostics, "R_HAT", (0.1, 0.2))  # a bound that no chain can meet
    answer = run_cli("forecast", "--json", "--draws", "50", "--tune", "100", "--until", "2030", "--out", tmp_path)
    assert answer.code == 3
    document = json.loads(answer.out)
    assert document["diagnostics"]["status"] == "fail"
    assert any("chains disagree" in finding["message"] for finding in document["diagnostics"]["findings"])
    said = " ".join(answer.err.split())
    assert "diagnostics failed: chains disagree" in said
    assert "Raise --draws" in said
    assert {file.name for file in (tmp_path / "leaderboard").iterdir()} == FILES | {"lag_check.png", "lags.png"}
    # and it is told again when asked again, from the standing run and from the cache
    again = run_cli("forecast", "--draws", "50", "--tune", "100", "--until", "2030", "--out", tmp_path)
    assert again.code == 3
    assert "fail" in again.out


def test_a_warning_exits_with_0(run_cli, request_only, tmp_path):
    request_only["answer"] = {"diagnostics": {"status": "warn", "findings": []}}
    assert run_cli("forecast", "--json", "--out", tmp_path).code == 0
