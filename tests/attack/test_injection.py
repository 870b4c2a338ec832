"""What others wrote commands nothing: no terminal, no spreadsheet, no picture; it is shown as it is, or in escapes."""

import ast
import csv
import datetime as dt
import json
import re
from pathlib import Path

import pytest

from meekcast.cards import library
from meekcast.export import hubverse
from meekcast.export.table_text import as_text, write_table
from meekcast.report.layout import Column, FittingTable
from meekcast.report.terminal import out_console, print_json

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "meekcast"
TODAY = "2026-11-21"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
HOSTILE = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202egpj\u2028$\\frac{[/x]"
"""Colour, the title of the window, a screen wiped, letters turned round, a line separator, TeX, markup of Rich."""
FORMULA = "=cmd|' /C calc'!A0 "


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """The paper's card, with commands in every text that a user may write."""
    text = (library.shelf("models") / "paper.toml").read_text(encoding="utf-8")
    text = text.replace('name = "paper"', 'name = "hostile"', 1)
    written = json.dumps(HOSTILE)[1:-1]
    text = re.sub(r'^((?:title|source|rationale) = ")', lambda m: m[1] + written, text, flags=re.MULTILINE)
    text = re.sub(r'^((?:story|wrong_if) = """)', lambda m: m[1] + written, text, flags=re.MULTILINE)
    text = text.replace('[[events]]\nname = "', f'[[events]]\nname = "{FORMULA}{written}')
    file = tmp_path_factory.mktemp("hostile") / "hostile.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def hostile_run(card, run_cli):
    asked = ["forecast", card, "--priors", "literature", "--draws", 100, "--today", TODAY, "--json"]
    answer = run_cli(*asked, "--out", card.parent)
    assert answer.code == 0, answer.err
    return card.parent / "hostile", answer


def assert_harmless(answer):
    for stream in (answer.out, answer.err):
        assert OBEYED.findall(stream.replace("\r\n", "\n")) == []


# Terminals


@pytest.mark.long
@pytest.mark.parametrize("columns", ["60", "120"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "CARD"],
        ["models", "CARD"],
        ["forecast", "CARD", "--priors", "literature", "--draws", "100", "--out", "OUT"],
        ["when", "loss_gap < 0.1", "--run", "RUN"],
        ["when", "--run", "RUN", "--grid", "loss_gap < 0.1,0.2", "--by", "5"],
        ["diff", "RUN", "RUN"],
        ["replay", "RUN"],
        ["sensitivity", "RUN", "--event", "1"],
        ["quantities", "CARD"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_report_commands_the_terminal(run_cli, card, hostile_run, monkeypatch, tmp_path, arguments, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.chdir(tmp_path)
    named = {"CARD": card, "RUN": hostile_run[0], "OUT": tmp_path}
    answer = run_cli(*(named.get(word, word) for word in arguments))
    assert answer.code == 0, answer.err
    assert_harmless(answer)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", f"{HOSTILE}.toml"],
        ["forecast", HOSTILE],
        ["forecast", "paper", "--prior", f"{HOSTILE}=1"],
        ["forecast", "paper", "--prior", f"R={HOSTILE}"],
        ["forecast", "paper", "--priors", HOSTILE],
        ["forecast", "paper", "--today", HOSTILE],
        ["when", HOSTILE],
        ["when", "loss_gap < 1", "--run", HOSTILE],
        ["export", HOSTILE, "--to", "csv"],
        ["point", f"{HOSTILE}=1"],
        ["scenarios", HOSTILE],
        ["sweep", HOSTILE],
        ["evidence", HOSTILE],
        ["evidence", "import", HOSTILE, "--as", "x"],
        ["priors", HOSTILE],
        ["watch", HOSTILE],
        ["report", HOSTILE],
        ["replay", HOSTILE],
        ["sensitivity", HOSTILE],
        ["elicit", HOSTILE, "--quantile", "0.5=1", "--source", "us"],
    ],
    ids=lambda arguments: " ".join(arguments[:1]),
)
def test_no_mistake_commands_the_terminal(run_cli, monkeypatch, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    answer = run_cli(*arguments)
    assert answer.code == 2
    assert "[31m" in answer.err
    assert_harmless(answer)


@pytest.mark.parametrize(
    "text",
    [
        'schema = 1\nname = "x"\ntitle = "t"\n"KEY" = 1\n',
        'schema = 1\nname = "KEY"\ntitle = "t"\n',
        'schema = 1\nname = "x"\nkind = "KEY"\n',
        '[priors.KEY]\nprior = "KEY"\n'.replace("[priors.KEY]", '[priors."KEY"]'),
        "KEY",
    ],
)
def test_no_file_of_somebody_else_commands_the_terminal(run_cli, tmp_path, text):
    file = tmp_path / "theirs.toml"
    file.write_text(text.replace("KEY", json.dumps(HOSTILE)[1:-1]), encoding="utf-8")
    answer = run_cli("check", file)
    assert answer.code == 2
    assert_harmless(answer)


def test_columns_stand_though_a_cell_is_hostile(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "50")
    table = FittingTable([Column("name", words=True), Column("value")])
    table.add_row(HOSTILE, "1")
    table.add_row("harmless", "2")
    out_console().print(table)
    lines = capsys.readouterr().out.splitlines()
    assert {len(line) for line in lines} == {len(lines[0])}
    shown = "".join(line.split("│")[1].strip() for line in lines if line.startswith("│"))
    assert shown.startswith(r"\x1b[31mred\x1b]0;title\x07\x9b2J\u202egpj\u2028$\frac{[/x]")


def test_json_is_exact_and_commands_nothing(hostile_run, capsys):
    folder, answer = hostile_run
    assert OBEYED.findall(answer.out) == []
    assert json.loads(answer.out) == json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert json.loads(answer.out)["title"].startswith(HOSTILE)
    document = {HOSTILE: [HOSTILE, "\\u001b", '"', "\x7f\x85"]}
    print_json(document)
    shown = capsys.readouterr().out
    assert OBEYED.findall(shown) == []
    assert json.loads(shown) == document


def called(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_nothing_is_printed_past_the_one_place_that_looks_at_it():
    own = {SOURCE / "report" / "terminal.py"}
    printing = {"print", "typer.echo", "Console", "sys.stdout.write", "sys.stderr.write"}
    files = [file for file in sorted(SOURCE.rglob("*.py")) if file not in own]
    found = {file.name: called(ast.parse(file.read_text(encoding="utf-8"))) & printing for file in files}
    assert {name: calls for name, calls in found.items() if calls} == {}


# Spreadsheets


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "-", "=cmd|' /C calc'!A0"]
PLAIN = ["gap < 5", "-1", "+2.5", "-inf", "1e-5", "", " =1", "'=1", "a-b", "NA"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_begins_like_a_formula_is_a_text(text, tmp_path):
    write_table(tmp_path / "t.csv", [("name", "value"), (text, -1.5), (None, -2)])
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["name", "value"], [f"'{text}", "-1.5"], ["", "-2"]]


@pytest.mark.parametrize("text", PLAIN)
def test_any_other_text_and_every_number_stays(text):
    assert as_text(text) == text


@pytest.mark.parametrize("table", ["dates", "bands"])
def test_exported_tables_have_no_formula(hostile_run, run_cli, tmp_path, table):
    file = tmp_path / "t.csv"
    assert run_cli("export", hostile_run[0], "--to", "csv", "--table", table, "--out", file).code == 0
    with file.open(encoding="utf-8", newline="") as rows:
        cells = {cell for row in csv.reader(rows) for cell in row}
    assert {cell for cell in cells if cell.startswith(("=", "@", "+", "\t", "\r"))} == set()
    assert any(cell.startswith(f"'{FORMULA}{HOSTILE}") for cell in cells) == (table == "dates")


def test_predictions_for_a_hub_have_no_formula(monkeypatch, tmp_path):
    row = hubverse.Prediction("meekcast-x", dt.date(2026, 11, 21), "=1+1", None, None, None, "pmf", "2030", -0.5)
    monkeypatch.setattr(hubverse, "model_output", lambda run, wanted: ([row], ""))
    hubverse.write(None, None, tmp_path / "t.csv")
    line = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()[1]
    assert line == "meekcast-x,2026-11-21,'=1+1,NA,NA,NA,pmf,2030,-0.5"


# Source and pictures


def test_the_source_for_squiggle_commands_nothing(hostile_run, run_cli, tmp_path):
    file = tmp_path / "t.squiggle"
    assert run_cli("export", hostile_run[0], "--to", "squiggle", "--out", file).code == 0
    text = file.read_text(encoding="utf-8")
    assert OBEYED.findall(text) == []
    assert all(line == "" or line.startswith(("//", "end_of", "event_")) for line in text.splitlines())


def test_every_picture_takes_a_dollar_for_a_dollar():
    """Figures are built under `style.look`; the hostile run above has TeX in its titles."""
    import matplotlib as mpl

    from meekcast.plots import style

    with style.look():
        assert mpl.rcParams["text.parse_math"] is False
        assert mpl.rcParams["text.usetex"] is False
