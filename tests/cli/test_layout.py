"""Every report at 60, 80 and 120 columns: first column and main result are whole, and what is left out is named."""

import json

import pytest
from rich.console import Console

from meekcast.report.layout import Column, FittingTable

WIDTHS = (60, 80, 120)
BARS = str.maketrans("│┃", "  ")


@pytest.fixture(params=WIDTHS)
def width(request, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


def fits(answer, width, *pieces):
    """The report was printed, is not wider than the terminal, and holds what a reader looks for first."""
    assert answer.code == 0, answer.err
    assert max(map(len, answer.out.splitlines())) <= width
    assert "…" not in answer.out
    squeezed = " ".join(answer.out.translate(BARS).split())
    for piece in pieces:
        assert piece in squeezed, answer.out


def column(answer, heading):
    """Cells of the first line of each row, of the column with this heading (a line of it)."""
    lines = answer.out.splitlines()
    head = next(i for i, line in enumerate(lines) if heading in line)
    place = lines[head].index(heading)
    end = next((i for i in range(head, len(lines)) if lines[i].startswith("└")), len(lines))
    return [line[place : place + len(heading)].strip(" │") for line in lines[head + 1 : end] if line.startswith("│")]


def test_forecast(run_cli, paper_sets, width):
    out, _ = paper_sets
    options = ("--priors", "literature", "--draws", 250, "--today", "2026-11-21", "--out", out.with_name("one"))
    answer = run_cli("forecast", "paper", *options)
    fits(answer, width, "event", "median", "P(by", "the loss gap", "98 %")
    assert [cell for cell in column(answer, " median ") if cell] == ["2.8 y", "6.6 y", "10.0 y", "22.2 y"]
    assert ("50 % and 90 % intervals" in answer.out) == (width == 60)


def test_comparisons_keep_the_probabilities_by_both_years(run_cli, paper_sets, width):
    out, _ = paper_sets
    options = [word for name in ("paper", "literature", "wide") for word in ("--priors", name)]
    answer = run_cli("forecast", "paper", *options, "--draws", 250, "--today", "2026-11-21", "--out", out)
    fits(answer, width, "event and prior", "literature", "equal mixture", "P(by P(by")
    mixed = json.loads((out / "paper-mixture.json").read_text())["events"][0]["probability_by"]
    (line,) = [line for line in answer.out.splitlines() if "equal mixture" in line][:1]
    for year in ("5", "10"):
        assert f"{100 * mixed[year]['value']:.0f} %" in line


def test_when(run_cli, tmp_path, width):
    arguments = ("--card", "paper", "--priors", "literature", "--draws", 100, "--out", tmp_path)
    budgets = ("--budget", 1000, "--budget", "1e6")
    fits(
        run_cli("when", "loss_gap < 0.05", *arguments), width, "median", "P(not by 30 y)", "within", "P, ± Monte Carlo"
    )
    fits(run_cli("when", "loss_gap < 0.05", *arguments, *budgets), width, "budget", "1,000 USD", "1,000,000 USD")


def test_a_grid_loses_its_last_dates_first(run_cli, paper_sets, width):
    out, _ = paper_sets
    dates = ",".join(map(str, range(3, 30, 3)))
    answer = run_cli("when", "--grid", "loss_gap < 0.05,0.1,0.2", "--by", dates, "--run", out / "paper-literature")
    fits(answer, width, "loss_gap", "nats/token", "< 0.05", "P(by P(by", "3 y)", "6 y)")
    assert ("not shown" in answer.out) == (width < 120)
    few = run_cli("when", "--grid", "loss_gap < 0.05,0.1,0.2", "--by", "5,10,20", "--run", out / "paper-literature")
    fits(few, width, "5 y)", "10 y)", "20 y)", "P(not by", "30 y)", "±")
    assert "not shown" not in few.out


def test_scenarios_and_governance(run_cli, tmp_path, width):
    file = tmp_path / "mine.toml"
    file.write_text(
        'schema = 1\ncard = "paper"\npriors = "literature"\nby = [8, 12]\nevents = ["loss_gap < 0.05"]\n'
        '[[scenarios]]\nname = "slower"\nshift = { g_investment = "x0.8" }\n'
    )
    answer = run_cli("scenarios", file, "--draws", 100, "--out", tmp_path)
    fits(answer, width, "event and scenario", "slower", "median", "P(by 8 y)", "±")
    answer = run_cli("governance", "--anchor", "2020-07-01", "--out", tmp_path)
    fits(answer, width, "rule, counted", "EU AI Act,", "median", "P(by P(by")


@pytest.mark.long
def test_sensitivity(run_cli, paper_sets, width):
    out, _ = paper_sets
    arguments = ("--by", "parameters", "--prior", "--base-points", 64, "--power-scaling", "--alternatives", "wide")
    answer = run_cli("sensitivity", out / "paper-literature", *arguments)
    fits(answer, width, "answer", "chance", "the loss gap", "Measure this first", "first", "Under the prior", "wide")


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["models"], ["leaderboard", "Show one with"]),
        (["models", "leaderboard"], ["wrong if", "g_price"]),
        (["priors", "literature"], ["g_investment", "per year"]),
        (["evidence", "gpqa"], ["date", "model", "score"]),
        (["evidence", "training-costs"], ["date", "value", "label"]),
        (["quantities"], ["mmlu_pro_gap_observed", "unit", "meaning", "QUANTITY"]),
        (["point", "--at", "5"], ["loss_gap", "peak of the loss gap"]),
    ],
)
def test_what_only_answers(run_cli, width, arguments, pieces):
    answer = run_cli(*arguments)
    if arguments[0] in {"quantities", "point"}:  # lines to be copied, and a calculator's columns
        assert all(piece in answer.out for piece in pieces)
    else:
        fits(answer, width, *pieces)


@pytest.mark.long
def test_reproduce_priors_elicit_and_diff(run_cli, paper_sets, tmp_path, width):
    out, _ = paper_sets
    fits(run_cli("reproduce", "tokens", "--out", tmp_path), width, "claim", "published", "verdict", "reproduced")
    fits(
        run_cli("priors", "--compare", "wide", "literature", "--out", tmp_path),
        width,
        "parameter",
        "wide",
        "literature",
    )
    fits(run_cli("diff", out / "paper-wide", out / "paper-literature"), width, "What went in", "What came out")
    stated = ("--quantile", "0.05=2", "--quantile", "0.95=2.9", "--source", "Us", "--picture", tmp_path)
    answer = run_cli("elicit", "g_investment", *stated)
    assert all(piece in answer.out for piece in ("family", "5 %", "95 %", "LogNormal (taken)"))


# The helper


def printed(table, width):
    console = Console(width=width, file=None, markup=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


@pytest.fixture
def table():
    table = FittingTable([Column("who", words=True), Column("main"), Column("more", rank=1), Column("most", rank=2)])
    table.add_row("a name of some length", "12.34 ± 5 %", "2027-01 – 2030-02", "2026-01 – 2035-02")
    return table


def test_columns_go_by_rank_and_are_named(table):
    assert "not shown" not in printed(table, 90)
    assert "not shown, for want of width: most\n" in printed(table, 60)
    shown = printed(table, 40)
    assert "not shown, for want of width: more; most" in shown
    assert "12.34 ± 5 %" in shown


def test_numbers_are_never_cut_and_names_are_folded_not_lost(table):
    shown = printed(table, 34)
    cells = [line.split("│")[1].strip() for line in shown.splitlines() if line.startswith("│")]
    assert " ".join(cells) == "a name of some length"
    assert len(cells) > 1
    assert "…" not in shown


def test_what_looks_like_markup_is_text():
    table = FittingTable([Column("[red]who", words=True), Column("main")])
    table.add_row("gap [/b] closes", "1")
    assert "gap [/b] closes" in printed(table, 60)
    assert "[red]who" in printed(table, 60)
