"""``meekcast models | priors | evidence | check | cache``: what there is, and what it says."""

import json

import pytest

from meekcast import cache
from meekcast.cards import library
from meekcast.observations import ScoreTable


def test_the_version_is_told(run_cli):
    assert run_cli("--version").out.startswith("meekcast 0.")


@pytest.mark.parametrize("kind", ["models", "priors", "evidence"])
def test_lists_hold_every_name(run_cli, kind):
    answer = run_cli(kind)
    assert answer.code == 0
    names = library.evidence_names() if kind == "evidence" else library.names(kind)
    for name in names:
        assert name in answer.out
    listed = json.loads(run_cli(kind, "--json").out)
    assert sorted(item["name"] for item in listed) == sorted(names)


def squeezed(text):
    return "".join(character for character in text if not character.isspace() and character not in "│┃")


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in ("models", "priors") for n in library.names(k)])
def test_showing_one_gives_every_number_with_unit_and_source(run_cli, monkeypatch, kind, name):
    monkeypatch.setenv("COLUMNS", "1000")  # wide enough that nothing is folded
    answer = run_cli(kind, name)
    item = library.load_card(name) if kind == "models" else library.load_priors(name)
    shown = squeezed(answer.out)
    for parameter, entry in item.parameters.items():
        number = f"{entry.parsed.mean:.10g}" if entry.parsed.family == "Point" else str(entry.prior)
        for text in (parameter, entry.unit, number, entry.source.rstrip(".")):
            assert squeezed(text) in shown
    for joint in item.joint:
        for text in (*joint.parameters, *joint.units, joint.source, *(f"{v:.6g}" for v in joint.mean)):
            assert squeezed(text) in shown
    for correlation in item.correlations:
        assert f"{correlation.value:g}" in shown
    assert json.loads(run_cli(kind, name, "--json").out)["name"] == name


@pytest.mark.parametrize("name", library.names("evidence"))
def test_showing_evidence_gives_every_row_source_and_licence(run_cli, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "1000")
    table = library.load_evidence(name)
    rows = table.at() if isinstance(table, ScoreTable) else table.records
    shown = squeezed(run_cli("evidence", name).out)
    for text in (table.source, table.licence, *(row.model for row in rows)):
        assert squeezed(text) in shown
    document = json.loads(run_cli("evidence", name, "--json").out)
    key = "scores" if isinstance(table, ScoreTable) else table.kind
    assert len(document[key]) == len(rows or table.gaps)


def test_a_card_shows_how_its_evidence_is_read(run_cli, edited, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    keys = 'evidence = "eci"\nrule = "quarter_ends"\nprices_within = 90'
    card = edited("models", "unbounded-measure", ('evidence = "eci"', keys))
    said = "eci from eci, since 2023-07-01, best so far at quarter ends, prices seen within 90 days, linear link"
    assert said in run_cli("models", card).out
    assert "quarter ends" not in run_cli("models", "unbounded-measure").out


def test_what_json_shows_is_a_file_that_can_be_read(run_cli):
    for name in library.names("priors"):
        document = json.loads(run_cli("priors", name, "--json").out)
        assert library.PriorSet.model_validate(document) == library.load_priors(name)


@pytest.mark.parametrize(
    ("kind", "piece"), [("models", "leaderboard"), ("priors", "literature"), ("evidence", "mmlu-pro")]
)
def test_an_unknown_name_suggests_the_nearest(run_cli, kind, piece, one_message):
    one_message(run_cli(kind, piece[:-1]), f"Did you mean '{piece}'?")


@pytest.mark.parametrize(
    ("kind", "name", "said"), [("models", "paper", "model card"), ("priors", "wide", "prior set"), ("evidence", "mmlu-pro", "evidence table")]
)  # fmt: skip
def test_check_says_what_a_good_file_is(run_cli, edited, kind, name, said):
    file = edited(kind, name)
    answer = run_cli("check", file)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{file}: a valid {said}, {name!r}\n"


def test_check_takes_a_file_whatever_its_ending(run_cli, edited):
    assert run_cli("check", edited("models", "paper", to="mine.card")).code == 0


@pytest.mark.parametrize(
    ("kind", "name", "old", "new", "pieces"),
    [
        ("models", "paper", "horizon = 30", "horizn = 30", ["'horizn'", "Did you mean 'horizon'?"]),
        ("models", "paper", 'priors = "paper"', 'priors = "papr"', ["unknown prior set 'papr'"]),
        ("models", "leaderboard", 'evidence = "gpqa"', 'evidence = "nowhere"', ["unknown evidence 'nowhere'"]),
        ("priors", "wide", '"LogNormal(1.40, 90% 1.15..1.70)"', '"LogNormal(1.40, 90% 1.70..1.15)"', ["out of order"]),
        ("evidence", "mmlu-pro", "score = 84", "score = 184", ["got 184", "o1, 2024-12-01"]),
    ],
)
def test_check_tells_what_is_wrong_with_a_bad_file(run_cli, edited, kind, name, old, new, pieces, one_message):
    one_message(run_cli("check", edited(kind, name, (old, new))), *pieces)


def test_check_of_a_file_that_is_not_there(run_cli, tmp_path, one_message):
    one_message(run_cli("check", tmp_path / "none.toml"), "there is no file", "none.toml")


def test_the_cache_is_shown_and_cleared(run_cli, monkeypatch, tmp_path):
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    assert run_cli("cache").out == f"0 posteriors and 0 compiled models, 0.0 MB, in {tmp_path}\n"
    for name in ("a", "b"):
        cache.keep(name, b"x" * 1_000_000)
    (tmp_path / "notes.txt").write_text("mine")
    assert run_cli("cache").out == f"2 posteriors and 0 compiled models, 2.0 MB, in {tmp_path}\n"
    document = json.loads(run_cli("cache", "--json").out)
    assert document["folder"] == str(tmp_path)
    assert {entry["bytes"] for entry in document["entries"]} == {1_000_000}
    assert run_cli("cache", "--clear").out == f"removed 2 posteriors and 0 compiled models from {tmp_path}\n"
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
    assert json.loads(run_cli("cache", "--clear", "--json").out) == {
        "folder": str(tmp_path), "removed": 0, "entries": [],
    }  # fmt: skip


@pytest.mark.long
def test_models_are_compiled_ahead_shown_and_cleared(run_cli, tmp_path, monkeypatch):
    from meekcast.inference import compiling

    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    monkeypatch.setattr(compiling, "_ready", {})
    answer = run_cli("cache", "--compile", "mmlu-pro-alone", "--compile", "paper")
    assert answer.out.startswith("0 posteriors and 1 compiled model, ")
    assert "compiling the model" in answer.err
    assert run_cli("cache", "--clear").out.startswith("removed 0 posteriors and 1 compiled model from")
    assert list((tmp_path / "code").iterdir()) == []


def test_a_cache_that_is_not_there_is_empty(run_cli, monkeypatch, tmp_path):
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "none"))
    assert run_cli("cache").out.startswith("0 posteriors and 0 compiled models")
    assert run_cli("cache", "--clear").code == 0
