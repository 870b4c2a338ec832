"""``meekcast when``, ``scenarios`` and ``governance``: files, tables, JSON, and mistakes that cost nothing."""

import json
import shutil

import numpy as np
import pytest
from matplotlib.image import imread

from meekcast.cli.when import file_name
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.when import when
from meekcast.plots.when import Curve, last_shown, when_figure
from meekcast.vocabulary.grammar import parse

TODAY = "2026-11-21"
SMALL = ("--today", TODAY, "--priors", "literature", "--draws", "100")


def refused(answer, *pieces):
    assert answer.code == 2, answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert answer.err.count("error:") == 1
    for piece in pieces:
        assert piece in answer.err, answer.err


@pytest.fixture(scope="module")
def run_folder(leaderboard_run):
    return leaderboard_run[0]


# when


def test_when_writes_a_picture_and_a_document_and_prints_a_table(run_cli, tmp_path):
    answer = run_cli("when", "loss_gap < 0.05", "--card", "paper", *SMALL, "--out", tmp_path)
    assert answer.code == 0, answer.err
    for piece in ("When: loss_gap < 0.05", "median", "90 % interval", "P(not by 30 y)", "Monte Carlo error", "within"):
        assert piece in answer.out
    files = sorted((tmp_path / "paper" / "when").iterdir())
    assert [file.name for file in files] == ["loss_gap-below-0.05.json", "loss_gap-below-0.05.png"]
    document = json.loads(files[0].read_text())
    assert document["schema"] == "meekcast.when/1"
    assert document["today"] == TODAY
    assert document["provenance"]["hashes"].keys() >= {"card", "priors", "overrides", "evidence"}
    assert imread(files[1]).std() > 0.01


def test_when_takes_dates_durations_and_joined_conditions(run_cli, tmp_path):
    question = "loss_gap < 0.05 and (lag > 1 or tokens > 500) for 6 months"
    options = (
        "--card",
        "paper",
        *SMALL,
        "--anchor",
        "2020-07-01",
        "--by",
        "2030",
        "--by",
        "2030-12-31",
        "--by",
        "2031",
    )
    answer = run_cli("when", question, *options, "--out", tmp_path)
    assert answer.code == 0, answer.err
    for piece in ("from when on it holds for 6 months", "the end of 2030", "2030-12-31", "± "):
        assert piece in answer.out
    (file,) = (tmp_path / "paper" / "when").glob("*.json")
    (told,) = json.loads(file.read_text())["answers"]
    chances = [p["value"] for p in told["probability_by"].values()]
    assert list(told["probability_by"]) == ["2030", "2030-12-31", "2031"]
    assert chances[1] <= chances[0] <= chances[2]


def test_a_question_on_a_date_is_a_probability_without_a_picture(run_cli, tmp_path):
    answer = run_cli(
        "when", "loss_gap < 0.05 at 10", "--card", "paper", *SMALL, "--budget", 1e3, "--budget", 1e5, "--out", tmp_path
    )
    assert answer.code == 0, answer.err
    assert "median" not in answer.out
    assert "± " in answer.out
    (file,) = (tmp_path / "paper" / "when").iterdir()
    document = json.loads(file.read_text())
    poor, rich = (told["probability"]["value"] for told in document["answers"])
    assert 0 < poor < rich
    refused(
        run_cli("when", "loss_gap < 0.05 at 10", "--card", "paper", "--by", 5, "--out", tmp_path), "--by means nothing"
    )


def test_what_comes_and_goes_is_told(run_cli, tmp_path):
    answer = run_cli("when", "loss_gap > 0.1", "--card", "paper", "--today", TODAY, "--out", tmp_path)
    assert "With probability 100 % it holds for a while but not at the horizon" in answer.out


def test_json_alone_goes_to_stdout_and_says_what_python_says(run_cli, tmp_path):
    from meekcast.forecasts.forecast import forecast
    from meekcast.inference.sampler import Settings
    from meekcast.inputs import gather

    options = ("--by", 8, "--by", 12, "--given", "lag > 0.8 at 5", "--out", tmp_path, "--json")
    answer = run_cli("when", "loss_gap < 0.05", "--card", "paper", *SMALL, *options)
    (told,) = json.loads(answer.out)["answers"]
    result = forecast(gather("paper", "literature"), Settings(draws=100))
    mine = result.when("loss_gap < 0.05", by=[8, 12], given=["lag > 0.8 at 5"])
    expected = json.loads(json.dumps(mine.as_dict()))
    assert told == {
        "budget_usd": None,
        **{k: v for k, v in expected.items() if k not in {"name", "expression", "given"}},
    }


def test_the_same_question_gives_the_same_bytes(run_cli, tmp_path):
    found = []
    for name in ("a", "b"):
        run_cli(
            "when",
            "tokens > 300",
            "--card",
            "paper",
            *SMALL,
            "--budget",
            1000,
            "--budget",
            1e6,
            "--out",
            tmp_path / name,
        )
        found.append([file.read_bytes() for file in sorted((tmp_path / name).rglob("*.*"))])
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_several_budgets_are_one_table_and_one_picture(run_cli, tmp_path):
    budgets = ("--budget", 1000, "--budget", "1e6", "--budget", 1000)
    answer = run_cli("when", "tokens > 300", "--card", "paper", *SMALL, *budgets, "--out", tmp_path)
    assert "1,000 USD" in answer.out
    assert "1,000,000 USD" in answer.out
    names = sorted(file.name for file in (tmp_path / "paper" / "when").iterdir())
    assert names == [f"tokens-above-300-budget-1000-1000000.{kind}" for kind in ("json", "png")]
    document = json.loads((tmp_path / "paper" / "when" / names[0]).read_text())
    assert [a["budget_usd"] for a in document["answers"]] == [1000.0, 1e6]


def test_a_run_that_stands_is_asked_without_writing(run_cli, run_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run_cli("when", "loss_gap < 0.02", "--run", run_folder, "--given", "lead > 0.5 at 2027-01-01")
    assert answer.code == 0, answer.err
    assert "independent ones" in answer.out
    assert list(tmp_path.iterdir()) == []
    run_cli("when", "loss_gap < 0.02", "--run", run_folder, "--out", tmp_path)
    assert len(list((tmp_path / "mmlu-pro-alone" / "when").iterdir())) == 2


def test_asking_a_run_loads_nothing_heavy(run_process, run_folder):
    code = """if True:
        import contextlib, io, json, sys
        from meekcast.cli import main
        sys.argv = ["meekcast", *sys.argv[1:]]
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
            main()
        assert "median" in out.getvalue()
        heavy = ("pymc", "pytensor", "nutpie", "matplotlib", "xarray", "arviz_stats", "scipy", "pandas")
        print([name for name in heavy if name in sys.modules])
    """
    answer = run_process("when", "loss_gap < 0.02", "--run", run_folder, code=code)
    assert (answer.code, answer.out.strip()) == (0, "[]"), answer.err


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["loss_gap <", "--card", "paper"], ["column 11", "    loss_gap <\n              ^"]),
        (["los_gap < 1", "--card", "paper"], ["Did you mean 'loss_gap'?"]),
        (["loss_gap < 0"], ["lies above 0 nats/token"]),
        (["loss_gap < 1", "--by", "2041"], ["--by: the date 2041 lies outside", "the end of 2040"]),
        (["loss_gap < 1", "--budget", "1e6"], ["no budget in USD", "--card paper"]),
        (["loss_gap < 1", "--card", "paper", "--budget", "-5"], ["not a sum of money"]),
        (["loss_gap < 1", "--anchor", "2020-01-01"], ["has a calendar already"]),
        (["loss_gap < 1", "--card", "paper", "--anchor", "soon"], ["--anchor 'soon' is not a date"]),
        (["loss_gap < 1", "--card", "paper", "--given", "lag < 1 at 2025-01-01"], ["knows no calendar"]),
        (["loss_gap < 1", "--card", "paper", "--until", "500"], ["horizon 500"]),
        (["loss_gap < 1", "--run", "nowhere"], ["there is no run folder nowhere"]),
        (["loss_gap < 1", "--run", "nowhere", "--set", "alpha=1", "--budget", "5"], ["--set, --budget would change"]),
        (["loss_gap < 0.1", "--card", "paper", "--given", "lag > 20 at 1"], ["too few draws are left"]),
    ],
)
def test_mistakes_cost_nothing(run_cli, tmp_path, monkeypatch, arguments, pieces):
    monkeypatch.chdir(tmp_path)
    refused(run_cli("when", *arguments), *pieces)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_an_unwritable_folder_is_refused_before_anything_is_computed(run_cli, tmp_path):
    (tmp_path / "paper").write_text("a file")
    refused(run_cli("when", "loss_gap < 1", "--card", "paper", "--out", tmp_path), "cannot write to")
    refused(run_cli("governance", "--out", tmp_path), "cannot write to")
    assert (tmp_path / "paper").read_text() == "a file"


# The picture


def test_the_picture_shows_what_has_no_date(leaderboard):
    source = Draws.of("leaderboard", leaderboard.predictions, leaderboard.posterior)
    answer = when("lag_behind < 3 months", source)
    figure = when_figure([Curve("", answer)], source, 2026.9)
    (bar,) = figure.axes[1].patches
    assert bar.get_height() == answer.probability_not_by_horizon.value
    assert f"not by\n{source.horizon:g}" in figure.axes[1].get_title()
    (line,) = figure.axes[0].lines[:1]
    assert line.get_ydata()[-1] == pytest.approx(1 - answer.probability_not_by_horizon.value)
    (steps, _) = figure.axes[2].patches
    finite = np.isfinite(answer.dates).mean()
    assert steps.get_data().values.sum() == pytest.approx(finite)


def test_a_picture_ends_where_nothing_more_happens(leaderboard):
    source = Draws.of("leaderboard", leaderboard.predictions, leaderboard.posterior)
    early, late = when("loss_gap < 2", source), when("lag_behind < 3 months", source)
    assert last_shown([Curve("", early)], source) < last_shown([Curve("", late)], source) == source.times[-1]


def test_names_of_files():
    event, condition = parse("budget_level>=frontier_level at 2025-01-01"), parse("lag<2 at 3")
    assert file_name(event, [], []) == "budget_level-at-least-frontier_level-at-2025-01-01"
    assert (
        file_name(parse("lag <= 0.5 years"), [condition], [1e6])
        == "lag-at-most-0.5-years-given-lag-below-2-at-3-budget-1000000"
    )


# scenarios and governance


@pytest.fixture
def story(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("""
schema = 1
card = "paper"
priors = "literature"
by = [8, 12]
events = ["loss_gap < 0.05", "tokens > 300"]

[[scenarios]]
name = "slower spending"
shift = { g_investment = "x0.8" }

[[scenarios]]
name = "spending stops in year 5"
set = { g_investment = 1.0 }
from = 5.0

[[scenarios]]
name = "wide"
priors = "wide"
""")
    return file


def test_scenarios_are_one_table_one_picture_and_a_document(run_cli, story, tmp_path):
    answer = run_cli("scenarios", story, "--draws", 100, "--today", TODAY, "--out", tmp_path)
    assert answer.code == 0, answer.err
    for piece in ("slower", "spending stops", "wide *", "Paired by draw", "not paired", "P(by 8 y)"):
        assert piece in answer.out
    assert sorted(f.name for f in (tmp_path / "paper").iterdir()) == ["mine.json", "mine.png"]
    document = json.loads((tmp_path / "paper" / "mine.json").read_text())
    assert document["schema"] == "meekcast.scenarios/1"
    assert document["stated"]["scenarios"][1]["from"] == 5.0
    for event in document["events"]:
        assert [(s["scenario"], s["paired"]) for s in event["scenarios"]] == [
            ("slower spending", True), ("spending stops in year 5", True), ("wide", False)
        ]  # fmt: skip
        for other in event["scenarios"]:
            for year, change in other["change"]["probability_by"].items():
                expected = other["probability_by"][year]["value"] - event["probability_by"][year]["value"]
                assert change["value"] == pytest.approx(expected)
    assert imread(tmp_path / "paper" / "mine.png").std() > 0.01


def test_scenarios_take_any_question(run_cli, story, tmp_path):
    asked = '["loss_gap < 0.05 for 1 year", "loss_gap < 0.05 at 10 and lag > 1 at 10"]'
    story.write_text(story.read_text().replace('["loss_gap < 0.05", "tokens > 300"]', asked))
    answer = run_cli("scenarios", story, "--draws", 100, "--today", TODAY, "--out", tmp_path)
    assert answer.code == 0, answer.err
    assert "question and scenario" in answer.out
    document = json.loads((tmp_path / "paper" / "mine.json").read_text())
    dated, fixed = document["events"]
    assert set(dated["probability_by"]) == {"8", "12"}
    assert (fixed["probability_by"], fixed["quantiles"]) == ({}, {})
    for other in fixed["scenarios"]:
        change = other["change"]["probability"]
        assert change["value"] == pytest.approx(other["probability"]["value"] - fixed["probability"]["value"])
        assert change["error"] > 0 or change["value"] == 0
    only = story.read_text().replace('"loss_gap < 0.05 for 1 year", ', "")
    story.write_text(only)
    assert run_cli("scenarios", story, "--draws", 100, "--today", TODAY, "--out", tmp_path / "only").code == 0
    assert [f.name for f in (tmp_path / "only" / "paper").iterdir()] == ["mine.json"]


def test_a_mistake_in_scenarios_costs_nothing(run_cli, story, tmp_path):
    story.write_text(story.read_text().replace("g_investment = 1.0", "g_investments = 1.0"))
    refused(
        run_cli("scenarios", story, "--out", tmp_path / "out"), "scenario 'spending stops in year 5'", "g_investment"
    )
    refused(run_cli("scenarios", tmp_path / "none.toml"), "there is no file", "meekcast scenarios --example")
    assert not (tmp_path / "out").exists()


def test_governance_is_one_table_one_picture_and_a_document(run_cli, tmp_path):
    options = ("--rule", "Ours=1e23", "--budget", 1000, "--budget", 1e7, "--anchor", "2020-07-01", "--today", TODAY)
    answer = run_cli("governance", *options, "--out", tmp_path)
    assert answer.code == 0, answer.err
    for piece in ("EU AI Act,", "Ours, 1e23", "10,000,000", "raw", "effective", "lead time", "2049)"):
        assert piece in answer.out
    document = json.loads((tmp_path / "paper" / "governance.json").read_text())
    assert document["schema"] == "meekcast.governance/1"
    assert (document["priors"], document["anchor"]) == ("literature", "2020-07-01")
    assert len(document["passings"]) == 2 * 3 * 2
    assert all(rule["source"] for rule in document["rules"])
    assert imread(tmp_path / "paper" / "governance.png").std() > 0.01


@pytest.mark.long
def test_governance_says_what_it_does_not_know(run_cli, tmp_path, leaderboard):
    without = run_cli("governance", "--card", "paper", "--out", tmp_path)
    assert "--anchor DATE" in without.out
    assert "lead time\n" not in without.out
    band = run_cli("governance", "--card", "leaderboard", "--today", TODAY, "--out", tmp_path)
    assert band.code == 0, band.err
    assert "Raw compute is known only of followers of growth" in " ".join(band.out.split())
    assert "the card's" in band.out


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        (["--rule", "Ours"], "cannot read the rule 'Ours'"),
        (["--card", "leaderboard", "--budget", "1e6"], "no budget in USD"),
        (["--card", "leaderboard", "--anchor", "2020-01-01"], "has a calendar already"),
        (["--by", "2030"], "lies outside"),
        (["--anchor", "2020-01-01", "--by", "2060"], "lies outside"),
    ],
)
def test_mistakes_in_governance_cost_nothing(run_cli, tmp_path, monkeypatch, arguments, piece):
    monkeypatch.chdir(tmp_path)
    refused(run_cli("governance", *arguments), piece)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
