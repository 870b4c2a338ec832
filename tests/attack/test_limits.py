"""What is too large, too deep or too long is refused before it costs anything, in a message of bearable length."""

import datetime as dt
import json

import pytest

from meekcast.beliefs import prior
from meekcast.errors import InputError, naming
from meekcast.files import from_json, from_toml, text_in
from meekcast.observations.prices import Alias
from meekcast.observations.sheet import read_sheet
from meekcast.vocabulary import grammar


@pytest.fixture
def refused(run_cli, one_message, tmp_path):
    """Check a file of some text, and what is said of it."""

    def check(text, *pieces):
        (tmp_path / "x.toml").write_text(text, encoding="utf-8")
        answer = run_cli("check", tmp_path / "x.toml")
        one_message(answer, "x.toml", *pieces)
        assert len(answer.err) < 20_000

    return check


# Shapes


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 200_000 + " = 1",
        "a" + ' . "a"' * 200_000 + " = 1",
        "[" + "a." * 200_000 + "a]",
        "a = " + "[" * 3000,
        "a = " + "{b = " * 3000,
        'a = """x"""", b = ' + "[" * 3000,
        "a = '''it''s''''', b = " + "[" * 3000,
        "# '''\na = " + "[" * 3000,
    ],
    ids=["dots", "quoted keys", "header", "lists", "tables", "after a text", "after a literal", "after a comment"],
)
def test_nesting_without_end_is_refused(refused, text):
    refused(text, "nested more than 50 levels deep")


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "[" * 200 + '"',
        "a = '" + "[{" * 200 + "'",
        'a = """\n' + '"[" ""{' * 200 + '"""',
        "# " + "[." * 200 + "\na = 1",
        "a = [" + "[1.5, 2.5], " * 500 + "]",
        "\n".join(f"[b{i}.c]\nd = 1.5" for i in range(200)),
        'a = "\\"' + "[" * 200 + '"',
    ],
)
def test_brackets_in_texts_and_side_by_side_are_no_nesting(text):
    assert from_toml(text, "x.toml")


@pytest.mark.parametrize(
    "text", ['["' + "[" * 200 + '"]', '{"a": "\\"' + "{" * 200 + '"}', "[[1, 2.5], " * 40 + "1" + "]" * 40]
)
def test_so_is_it_in_json(text):
    assert from_json(text, "x.json", "") == json.loads(text)


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 50_000, "1" + "_1" * 3000, "0." + "9" * 100_000])
def test_a_number_without_end_is_refused(refused, number):
    refused(f"a = {number}", "more than 400 characters")


def test_keys_without_end_are_refused(refused):
    refused("".join(f"k{i} = 1\n" for i in range(110_000)), "has 110000 keys")


def test_a_file_that_is_too_large_is_refused(refused):
    refused("#" * (3 << 20), "larger than the 2 MB")


def test_a_file_without_end_is_read_no_further():
    from pathlib import Path

    with pytest.raises(InputError, match="larger than the 2 MB"):
        text_in(Path("/dev/zero"), 2 << 20)


def test_a_table_of_too_many_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("meekcast.observations.sheet.MOST_ROWS", 2)
    (tmp_path / "aliases.csv").write_text("alias,model\na,b\nc,d\n", encoding="utf-8")
    assert len(read_sheet(Alias, tmp_path / "aliases.csv", Alias.COLUMNS).rows) == 2
    (tmp_path / "aliases.csv").write_text("alias,model\na,b\nc,d\ne,f\n", encoding="utf-8")
    with pytest.raises(InputError, match="more than 2 rows"):
        read_sheet(Alias, tmp_path / "aliases.csv", Alias.COLUMNS)


def test_a_cell_without_end_is_refused(tmp_path):
    (tmp_path / "aliases.csv").write_text(f"alias,model\na,{'b' * 20_000}\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: a cell has 20000 characters, more than 10000"):
        read_sheet(Alias, tmp_path / "aliases.csv", Alias.COLUMNS)


# Texts


@pytest.mark.parametrize(
    ("key", "length", "piece"),
    [
        ("title", 1_000_000, "title has 1000000 characters, more than 10000"),
        ("title", 400, "at most 300 characters"),
        ("name", 300, "at most 100 characters"),
        ("story", 20_000, "story has 20000 characters"),
        ("x" * 20_000, 1, "a key has 20000 characters"),
    ],
)
def test_texts_have_a_length(edited, run_cli, one_message, key, length, piece):
    new = f'{key} = "{"w" * length}"\nold_'
    old = key if key in {"title", "name", "story"} else "title"
    answer = run_cli("check", edited("models", "paper", (f"{old} =", f"{new}{old} =")))
    one_message(answer, piece)


@pytest.mark.parametrize("line", ["9" * 30_000, "LogNormal(" + "9" * 30_000 + ")", "Normal(1, sd " + "1." * 20_000])
def test_a_prior_has_a_length(line):
    with pytest.raises(InputError, match="more than 300"):
        prior.parse(line)


def test_a_question_has_a_length():
    with pytest.raises(InputError, match="more than 2000"):
        grammar.parse(" or ".join(["loss_gap < 0.1"] * 1000))


# Lists


@pytest.mark.parametrize(
    ("kind", "name", "entry", "piece"),
    [
        ("models", "paper", '[[events]]\nname = "e%d"\nask = "loss_gap < 1"\n', "at most 200 items"),
        ("models", "paper", '[[benchmarks]]\nname = "b%d"\ntitle = "b"\nlink = "sigmoid"\n', "at most 100 items"),
        ("models", "paper", '[[followers]]\nname = "f%d"\ngrowth = "training"\n', "at most 20 items"),
        ("priors", "paper", '[parameters.p%d]\nprior = 1\nunit = "x"\nsource = "x"\n', "at most 1000 items"),
    ],
)
def test_lists_have_an_end(edited, run_cli, one_message, kind, name, entry, piece):
    file = edited(kind, name)
    with open(file, "a", encoding="utf-8") as opened:
        opened.write("".join(entry % i for i in range(1200)))
    one_message(run_cli("check", file), piece)


# Numbers


@pytest.mark.parametrize(
    ("old", "new", "piece"),
    [("horizon = 30", "horizon = 1e300", "1 to 200 years"), ("horizon = 30", "horizon = 1e-300", "1 to 200 years")],
)
def test_a_horizon_is_some_years_ahead(edited, run_cli, one_message, old, new, piece):
    one_message(run_cli("check", edited("models", "paper", (old, new))), piece)


@pytest.mark.parametrize("key", ["corpus_sd", "extra_sd"])
def test_a_spread_has_an_end(run_cli, one_message, tmp_path, key):
    shipped = {"corpus_sd": "", "extra_sd": 'kind = "trend"\nparameter = "g_investment"\nrationale = "x"\n'}
    rows = {
        "corpus_sd": [f"{{ params = {2**i}e6, tokens = {3**i}e8, loss = 2.{9 - i % 10} }}" for i in range(10)],
        "extra_sd": [f'{{ date = {dt.date(2020 + i, 1, 1)}, value = {2**i}.0, label = "r{i}" }}' for i in range(5)],
    }[key]
    head = 'schema = 1\nname = "x"\ntitle = "x"\nsource = "x"\nlicence = "x"\n' + shipped[key]
    head += 'kind = "losses"\nunit = "nats/token"\n' if key == "corpus_sd" else 'unit = "USD"\n'
    (tmp_path / "x.toml").write_text(f"{head}{key} = 1e300\nrows = [{', '.join(rows)}]\n", encoding="utf-8")
    one_message(run_cli("evidence", tmp_path / "x.toml"), key, "less than or equal to")


def test_a_path_beyond_numbers_is_told(run_cli, one_message, tmp_path):
    slip = {"R": 1e-12, "g_investment": 0.5, "g_algorithms": 0.5, "alpha": 5, "A": 1}
    words = [word for name, value in slip.items() for word in ("--set", f"{name}={value}")]
    answer = run_cli("forecast", "paper", *words, "--until", 200, "--out", tmp_path, "--quiet")
    one_message(answer, "loss_gap has no value up to the horizon")


# Messages


def test_a_message_says_how_much_is_left_out():
    with pytest.raises(InputError) as error, naming("x.toml"):
        raise InputError("\n".join([*map(str, range(1000)), "w" * 1_000_000]), "Mend it.")
    told = str(error.value).splitlines()
    assert told[0] == "x.toml: 0"
    assert told[-1] == "and 972 lines more"


def test_a_long_line_is_cut(run_cli):
    answer = run_cli("forecast", "x" * 100_000)
    assert answer.code == 2
    assert len(answer.err) < 10_000
    assert "characters more" in answer.err
