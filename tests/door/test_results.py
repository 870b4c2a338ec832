"""Results: fresh and opened ones alike, on a screen, in a notebook, as tables and as files."""

import datetime as dt
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.figure
import numpy as np
import pytest

import meekcast as mk
from meekcast.door.page import draw_run
from meekcast.door.shown import COLUMNS, LINES, Sheet
from meekcast.inference.sampler import Silent
from meekcast.runs.replay import replay

ROOT = Path(__file__).parents[2]
TODAY = "2026-11-21"


@pytest.fixture(scope="module")
def paper_f():
    return mk.forecast("paper", "literature", today=TODAY)


@pytest.fixture(scope="module")
def board(leaderboard):
    """A forecast with evidence, from the session's cache."""
    return mk.forecast("mmlu-pro-alone", today=TODAY)


@pytest.fixture(scope="module")
def opened(board, tmp_path_factory):
    return mk.open(board.save(tmp_path_factory.mktemp("saved") / "run"))


@pytest.fixture(scope="module")
def everything(paper_f, board, opened):
    """One of every kind of thing that shows itself."""
    scenarios = mk.scenarios([{"name": "slow", "set": {"g_investment": 2.4}}], events=["loss_gap < 0.05"], card="paper")
    return [
        paper_f, board, opened, board.health, board.parameters, board.plot, paper_f.when("loss_gap < 0.05", by=[12]),
        mk.models(), mk.models("leaderboard"), mk.priors(), mk.priors("literature"), mk.evidence(),
        mk.evidence("gpqa"), mk.evidence("training-costs"), mk.point(at=range(40)), mk.reproduce(), scenarios,
        mk.open(ROOT / "docs" / "backtests" / "leaderboard.json"), mk.sensitivity(paper_f), board.watch(),
    ]  # fmt: skip


class Balanced(HTMLParser):
    """Every tag that opens closes again, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_nothing_shows_itself_in_more_than_a_screen(everything):
    for shown in everything:
        lines = repr(shown).splitlines()
        assert 0 < len(lines) <= LINES, (type(shown), len(lines))
        assert max(map(len, lines)) <= COLUMNS, type(shown)
        assert "\x1b" not in repr(shown)


def test_a_notebook_gets_a_table(everything):
    for shown in everything:
        if hasattr(shown, "_repr_html_"):
            parser = Balanced()
            parser.feed(shown._repr_html_())
            assert parser.open == []


def test_a_forecast_says_what_matters_first(board):
    text, html = repr(board), board._repr_html_()
    for event in board.document["events"]:
        assert event["name"].split()[-1] in text
        assert event["name"] in html
    for shown in (text, html):
        assert "2025-04-01, 599 days before it was asked" in shown
        assert f"health {board.document['diagnostics']['status']}: nutpie, 4,000 draws" in shown
        assert "P(by 2030)" in shown


def test_what_a_card_says_is_text_and_never_markup():
    sheet = Sheet("<script>x</script>", ["event"], [["a \x1b[31m<b>gap</b>"]])
    assert "<script>" not in sheet.html() and "&lt;script&gt;" in sheet.html()
    assert "\x1b" not in sheet.text()


def test_long_tables_are_cut_and_long_names_wrapped():
    sheet = Sheet("t", ["name", "value"], [[f"{i} " + "word " * 40, "1"] for i in range(30)], ["note"])
    lines = sheet.text().splitlines()
    assert len(lines) <= LINES
    assert re.search(r"\.\.\. \d+ more in \.table", lines[-2])
    assert lines[2].lstrip().startswith("0 word")
    assert lines[3].startswith("    word")


def test_events_are_a_table_of_dates_and_probabilities(board, leaderboard):
    events = board.events
    assert list(events.index) == [event.name for event in leaderboard.events]
    assert {0.05, 0.25, 0.5, 0.75, 0.95, "P(by 2027)", "P(by 2030)", "P(by 2035)", "P(not by 2040)"} == set(events)
    first = leaderboard.events[0]
    assert events.loc[first.name, 0.5] == np.quantile(first.dates, 0.5, method="inverted_cdf")
    assert events.loc[first.name, "P(by 2030)"] == np.mean(first.dates < 2031)
    assert np.isinf(events[0.95]).any()  # infinite dates stay numbers


def test_a_year_means_its_end(board):
    table = board.at("mmlu_pro_gap", [2027, dt.date(2028, 1, 1), "2028-01-01", 2027.5, "2027"])
    assert list(table.index) == ["2027", "2028-01-01", "2028-01-01", "2027.5", "2027"]
    assert table.iloc[0].tolist() == table.iloc[1].tolist() == table.iloc[2].tolist() == table.iloc[4].tolist()
    assert table.iloc[3].tolist() != table.iloc[0].tolist()
    assert table.attrs["units"] == "points"
    near = board.bands["mmlu_pro_gap"].sel(time=2028.0, method="nearest", quantile=0.5)
    assert table.iloc[0][0.5] == pytest.approx(float(near), rel=0.05)
    paper = mk.forecast("paper").at("loss_gap", 5)
    assert paper.loc["5", 0.5] == pytest.approx(mk.point(at=[5]).table.loc[5.0, "loss_gap"], rel=1e-6)


@pytest.mark.parametrize("date", [1999, 2300, "2027-13-01", "soon"])
def test_dates_outside_or_unreadable_are_refused(board, date):
    with pytest.raises(mk.InputError):
        board.at("mmlu_pro_gap", date)


def test_an_unknown_quantity_is_refused_with_the_nearest(board):
    with pytest.raises(mk.InputError, match="'mmlu_pro_gap'"):
        board.at("mmlu_pro_gapp", 2027)


def test_an_opened_forecast_is_the_one_that_was_saved(board, opened):
    assert opened.events.equals(board.events)
    assert opened.bands.identical(board.bands)
    assert repr(opened) == repr(board)
    assert opened.health.status == board.health.status
    single = {"rel": 1e-5, "abs": 1e-5}  # paths are stored in single precision
    now, then = (f.at("mmlu_pro_gap", 2027).loc["2027"].tolist() for f in (board, opened))
    assert then == pytest.approx(now, **single)
    for group in board.tree.children:
        assert opened.tree[group].to_dataset().equals(board.tree[group].to_dataset()), group
    asked = [f.when("mmlu_pro_gap < 3", by=[2030]) for f in (board, opened)]
    assert asked[1].quantiles == pytest.approx(asked[0].quantiles, **single)


def test_a_saved_run_is_the_command_lines(board, tmp_path, run_cli):
    folder = board.save(tmp_path / "mmlu-pro-alone")
    assert {"summary.json", "manifest.json", "forecast.nc", "gap.png"} <= {file.name for file in folder.iterdir()}
    answer = run_cli("forecast", "mmlu-pro-alone", "--today", TODAY, "--out", tmp_path)
    assert "unchanged since the last run" in answer.out + answer.err


def test_an_opened_run_can_be_saved_elsewhere_and_again(opened, tmp_path):
    copied = mk.open(opened.save(tmp_path / "copy"))
    assert copied.events.equals(opened.events)
    assert copied.save(tmp_path / "copy") == tmp_path / "copy"


def test_a_tampered_run_is_refused(board, tmp_path):
    folder = board.save(tmp_path / "run")
    document = json.loads((folder / "summary.json").read_text())
    document["events"][0]["quantiles"]["0.5"] = 2000.0
    (folder / "summary.json").write_text(json.dumps(document))
    with pytest.raises(mk.InputError):
        mk.open(folder).events  # noqa: B018


def test_results_cannot_be_changed(board):
    with pytest.raises(AttributeError):
        board.events = None
    with pytest.raises(AttributeError):
        board.bands = None


def test_set_and_prior_are_the_options_of_the_command_line(tmp_path, run_cli):
    f = mk.forecast(
        "paper",
        "literature",
        set={"g_hardware": 1.5},
        prior={"g_investment": "LogNormal(2.4, 90% 2.0..2.9)"},
        today=TODAY,
        draws=100,
        seed=3,
    )
    answer = run_cli(
        "forecast", "paper", "--priors", "literature", "--set", "g_hardware=1.5", "--prior",
        "g_investment=LogNormal(2.4, 90% 2.0..2.9)", "--today", TODAY, "--draws", 100, "--seed", 3, "--out", tmp_path, "--json",
    )  # fmt: skip
    assert json.loads(answer.out)["events"] == f.document["events"]
    assert "g_hardware = 1.5" in repr(f)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"card": "papr"}, "unknown model card"),
        ({"priors": "litrature"}, "unknown prior set"),
        ({"set": {"g_investment": "LogNormal(2, 3)"}}, "is not a number"),
        ({"set": {"g_investment": float("nan")}}, "is not a number"),
        ({"set": {"g_prize": 2.0}}, "no parameter 'g_prize'"),
        ({"set": {"R": 2.0}, "prior": {"R": "LogNormal(2, sd 0.1)"}}, "changed twice"),
        ({"prior": {"R": "LogNormal"}}, "R"),
        ({"evidence": "no-such-table"}, "unknown evidence"),
        ({"today": "yesterday"}, "today = 'yesterday' is not a date"),
        ({"as_of": "2024"}, "as_of = '2024' is not a date"),
        ({"until": 1e9}, "horizon"),
        ({"draws": 3}, "draws = 3 is not allowed"),
        ({"seed": -1}, "seed = -1 is not allowed"),
        ({"sampler": "stan"}, "sampler = 'stan' is not allowed"),
    ],
)
def test_what_cannot_be_used_is_an_input_error_with_a_remedy(changes, message):
    with pytest.raises(mk.InputError, match=re.escape(message)) as raised:
        mk.forecast(**{"card": "paper", **changes})
    assert raised.value.remedy


def test_names_may_be_paths(edited):
    path = edited("models", "paper", ('name = "paper"', 'name = "mine"'))
    assert mk.forecast(Path(path)).document["card"] == "mine"
    assert mk.models(Path(path)).title.startswith("mine: ")


@pytest.mark.long
def test_evidence_of_later_is_unknown_as_of_a_date(leaderboard, tmp_path):
    """Prior and forecast of 2024-06-30: nothing later is counted, shown or stored; a saved run remembers the date."""
    f = mk.forecast("mmlu-pro-alone", as_of="2024-06-30", today="2024-07-01", draws=100, tune=100)
    (told,) = f.document["evidence"]
    used = sum(o.year < 2024 + 182 / 366 for o in f.inputs.data[0][1])
    assert (
        told["records_used"] == used == f.tree["observed_data"]["mmlu_pro"].size == f.tree["evidence"].sizes["record"]
    )
    assert told["last_date"] <= "2024-06-30"
    assert f.tree["log_likelihood"].sizes["mmlu_pro_record"] == used
    again = mk.open(f.save(tmp_path))
    assert again.inputs.hashes == f.inputs.hashes
    replayed = replay(tmp_path, None, Silent(), draw=draw_run, fresh=False)
    assert replayed.different == () and "forecast.nc" in replayed.identical
    assert again.tree["observed_data"].to_dataset().equals(f.tree["observed_data"].to_dataset())


def test_pictures_take_axes(board, paper_f):
    figure = matplotlib.figure.Figure()
    one, two = figure.subplots(1, 2)
    assert board.plot.gap(ax=one) is one
    assert "MMLU-Pro gap" in one.get_ylabel()
    assert board.plot.loss(ax=two) is two
    assert two.get_legend() is not None
    assert paper_f.plot.gap("loss_gap", ax=one) is one


def test_axes_cannot_hold_several_gaps(monkeypatch, board):
    monkeypatch.setattr("meekcast.plots.forecast.gap_quantities", lambda result: ["a_gap", "b_gap"])
    with pytest.raises(mk.InputError, match="cannot hold 2 gaps"):
        board.plot.gap(ax=matplotlib.figure.Figure().subplots())


@pytest.mark.long
def test_pictures_of_fresh_and_opened_are_the_same(board, opened):
    for name in ("gap", "lags", "lag_check", "loss", "prior_posterior", "check"):
        fresh, again = (getattr(f.plot, name)() for f in (board, opened))
        assert isinstance(fresh, matplotlib.figure.Figure)
        picture = fresh._repr_png_()
        assert picture.startswith(b"\x89PNG") and len(picture) < 200_000
        assert picture == again._repr_png_(), name


def test_pictures_that_make_no_sense_are_refused(board, paper_f):
    with pytest.raises(mk.InputError, match="mmlu_pro_gap"):
        board.plot.gap("mmlu_gap")
    with pytest.raises(mk.InputError, match="reads no scores"):
        paper_f.plot.check()
    for draw in (paper_f.plot.lags, paper_f.plot.lag_check):
        with pytest.raises(mk.InputError, match="no lag was ever seen"):
            draw()


def test_an_answer_says_what_it_answers(board):
    answer = board.when("mmlu_pro_gap < 3", by=[2030], given=["mmlu_pro_gap > 1 at 2026-01-01"])
    assert isinstance(answer, mk.Answer)
    text = repr(answer)
    assert "mmlu_pro_gap < 3" in text and "P(by 2030)" in text and "given mmlu_pro_gap > 1" in text
    assert answer.table.loc["2030", "probability"] == answer.probability_by["2030"].value
    assert isinstance(answer.plot(), matplotlib.figure.Figure)
    assert mk.when("loss_gap < 0.05", card="paper", by=[12, 15]).quantiles["0.5"] == pytest.approx(13.002, abs=1e-3)


def test_a_question_on_a_date_is_a_probability(board):
    answer = board.when("mmlu_pro_gap < 3 at 2026")
    assert "probability" in repr(answer) and "median" not in repr(answer)
    assert answer.probability.value == pytest.approx(board.when("mmlu_pro_gap < 3 at 2026").true.mean())
    with pytest.raises(mk.InputError, match="is asked on a date"):
        answer.plot()


def test_a_wrong_question_is_refused_before_anything_is_sampled(monkeypatch):
    monkeypatch.setattr("meekcast.whatif.world.infer", lambda *_: pytest.fail("sampled"))
    with pytest.raises(mk.InputError, match="no quantity"):
        mk.when("gpqa_gab < 5")


def test_without_pandas_tables_say_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    f = mk.forecast("paper")
    assert repr(f)
    with pytest.raises(mk.InputError, match="pandas") as raised:
        f.events  # noqa: B018
    assert "meekcast[exports]" in raised.value.remedy


def test_parameters_have_sources(board):
    table = board.parameters.table
    assert set(table.index) == set(board.inputs.belief.names)
    assert {"unit", "prior 0.5", "posterior 0.5", "source"} <= set(table.columns)


def test_a_stored_backtest_opens(everything):
    (backtest,) = [one for one in everything if isinstance(one, mk.Backtest)]
    table = backtest.table
    pooled = table[(table["benchmark"] == "all") & (table["horizon"] == "all")]
    block = next(b for b in backtest.document["cards"] if (b["benchmark"], b["horizon"]) == ("all", "all"))
    assert pooled["n"].tolist() == [block["n"]] == [(backtest.rows["of"] == "seen").sum()]
    assert pooled["skill_persistence"].tolist() == [block["skill"]["persistence"]]
    assert pooled["pool_skill_persistence"].tolist() == [block["pool"]["skill"]["persistence"]]
    assert set(backtest.true["period"]) == {"all", "up to 2025-06-30", "later"}
    weights = backtest.weights
    np.testing.assert_allclose(weights[["card", "damped_persistence"]].sum(axis=1), 1, atol=1e-5)
    assert weights["origin"].isna().sum() == weights["horizon"].nunique() == 5
    low, high = block["intervals"]["skill"]["persistence"]
    assert f"{100 * block['skill']['persistence']:+.0f} % [{100 * low:.0f}, {100 * high:.0f}]" in repr(backtest)
    assert "..." not in repr(backtest)  # no cell is cut
    for name in ("intervals", "calibration", "errors"):
        assert isinstance(getattr(backtest.plot, name)(), matplotlib.figure.Figure)


def test_a_backtest_is_saved_and_opened(everything, tmp_path):
    (backtest,) = [one for one in everything if isinstance(one, mk.Backtest)]
    folder = backtest.save(tmp_path)
    assert mk.open(folder / "backtest.json").table.equals(backtest.table)
    assert (folder / "calibration.png").is_file()


def test_a_backtest_of_an_earlier_version_says_what_to_do(everything, tmp_path):
    (backtest,) = [one for one in everything if isinstance(one, mk.Backtest)]
    file = tmp_path / "backtest.json"
    file.write_text(json.dumps({k: v for k, v in backtest.document.items() if k != "weights"}))
    with pytest.raises(mk.InputError, match="by an earlier version of meekcast"):
        mk.open(file)


def test_a_card_without_scores_has_no_backtest():
    with pytest.raises(mk.InputError):
        mk.backtest("paper")


@pytest.mark.long
def test_sensitivity_of_a_forecast_of_a_folder_and_of_a_card_agree(paper_f, tmp_path):
    fresh = mk.sensitivity(paper_f)
    folder = mk.sensitivity(paper_f.save(tmp_path / "run"))
    np.testing.assert_allclose(
        fresh.table.to_numpy(dtype=float), folder.table.to_numpy(dtype=float), atol=2e-3
    )  # files hold single precision
    assert fresh.table.sum(axis=1).to_numpy() == pytest.approx(1.0, abs=0.05)
    assert {"answer", "input", "variance"} <= set(fresh.measure_first.columns)
    assert (fresh.save(tmp_path / "found") / "sensitivity.json").is_file()
    for name in ("over_time", "tornado", "pairs", "power_scaling"):
        assert isinstance(getattr(fresh.plot, name)(), matplotlib.figure.Figure)


def test_sensitivity_checks_every_option_first(monkeypatch, paper_f):
    monkeypatch.setattr("meekcast.sensitivities.analysis.shares_document", lambda *_: pytest.fail("computed"))
    with pytest.raises(mk.InputError, match="unknown prior set"):
        mk.sensitivity(paper_f, alternatives=["foo"])


def test_a_stack_is_an_average(tmp_path, today):
    stack = mk.stack(
        ["paper", "capped-spending"], {"paper": 3.0}, priors="literature", until=30, today=today, draws=250
    )
    assert stack.table["weight"].round(6).tolist() == [0.75, 0.25]
    one, two = (mk.forecast(c, "literature", until=30, today=today, draws=250) for c in ("paper", "capped-spending"))
    for name in stack.events.index:
        mean = 0.75 * one.events.loc[name, "P(by 10)"] + 0.25 * two.events.loc[name, "P(by 10)"]
        assert stack.events.loc[name, "P(by 10)"] == pytest.approx(mean)
    assert isinstance(stack.plot.events(), matplotlib.figure.Figure)
    again = mk.open(stack.save(tmp_path / "stack"))
    assert again.events.equals(stack.events)
    assert len(repr(stack).splitlines()) <= LINES


def test_a_stack_checks_its_cards_and_weights():
    with pytest.raises(mk.InputError, match="alone is no average"):
        mk.stack(["paper"])
    with pytest.raises(mk.InputError, match="'papr' is not in the stack"):
        mk.stack(["paper", "capped-spending"], {"papr": 1.0}, until=30)


def test_scenarios_from_a_list_and_from_a_file_agree(tmp_path):
    listed = mk.scenarios([{"name": "slow", "set": {"g_investment": 2.4}}], events=["loss_gap < 0.05"], card="paper")
    file = tmp_path / "mine.toml"
    file.write_text(
        'schema = 1\ncard = "paper"\nevents = ["loss_gap < 0.05"]\n'
        '[[scenarios]]\nname = "slow"\nset = { g_investment = 2.4 }\n'
    )
    assert mk.scenarios(file).table.equals(listed.table)
    assert (listed.save(tmp_path / "out") / "scenarios.json").is_file()
    assert isinstance(listed.plot.dates(), matplotlib.figure.Figure)


def test_a_wrong_scenario_names_its_key():
    with pytest.raises(mk.InputError, match=r"scenarios: .*sett'"):
        mk.scenarios([{"name": "x", "sett": {}}], events=["loss_gap < 0.05"], card="paper")


def test_what_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(mk.InputError, match="no run"):
        mk.open(tmp_path / "nothing")
    (tmp_path / "x.json").write_text('{"schema": "other/1"}')
    with pytest.raises(mk.InputError, match="other/1"):
        mk.open(tmp_path / "x.json")
    (tmp_path / "y.json").write_text("{")
    with pytest.raises(mk.InputError, match="not valid JSON"):
        mk.open(tmp_path / "y.json")


def test_claims_are_the_command_lines(tmp_path, run_cli):
    claims = mk.reproduce("tokens")
    told = json.loads(run_cli("reproduce", "tokens", "--json", "--out", tmp_path / "cli").out)
    assert json.loads(claims.table.reset_index().to_json(orient="records"))[0]["id"] == told[0]["id"]
    folder = claims.save(tmp_path / "door")
    assert sorted(file.name for file in folder.iterdir()) == sorted(f.name for f in (tmp_path / "cli").iterdir())
    assert (folder / "claims.json").read_bytes() == (tmp_path / "cli" / "claims.json").read_bytes()


def test_progress_is_told_to_a_listener(capsys):
    steps = []

    class Listener:
        def step(self, text):
            steps.append(text)

        def sampling(self, done, total, divergences):
            pass

    mk.forecast("paper", progress=Listener())
    assert steps
    mk.forecast("paper", progress=True)
    assert "computing paths" in capsys.readouterr().err
    mk.forecast("paper")
    assert capsys.readouterr().err == ""
