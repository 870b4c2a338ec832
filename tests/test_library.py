"""Where files are found, what they are, and what is said of files that cannot be read."""

import tomllib

import pytest

from meekcast.cards import library
from meekcast.cards.priors import PriorSet
from meekcast.cards.schema import ModelCard
from meekcast.errors import InputError
from meekcast.observations import EvidenceTable, ScoreTable

LOAD = {"models": library.load_card, "priors": library.load_priors, "evidence": library.load_evidence}
KIND_OF = {"models": ModelCard, "priors": PriorSet, "evidence": EvidenceTable | ScoreTable}


@pytest.mark.parametrize(
    ("kind", "name", "message", "remedy"),
    [
        ("models", "leaderbord", "unknown model card 'leaderbord'", "Did you mean 'leaderboard'?"),
        ("models", "xyz", "unknown model card 'xyz'", "Allowed: adversarial-play"),
        ("priors", "literatur", "unknown prior set 'literatur'", "Did you mean 'literature'?"),
        ("evidence", "mmlu_pro", "unknown evidence 'mmlu_pro'", "Did you mean 'mmlu-pro'?"),
        ("models", "mine.toml", "there is no file mine.toml", "leaderboard"),
        ("priors", "no/such/set", "there is no file no/such/set", "literature"),
    ],
)
def test_what_is_not_there_is_named_with_the_nearest_match(kind, name, message, remedy):
    with pytest.raises(InputError) as error:
        LOAD[kind](name)
    assert message in error.value.message
    assert remedy in error.value.remedy


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(InputError, match="is a folder, not a file") as error:
        library.load_card(f"{tmp_path}/")
    assert str(tmp_path) in error.value.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"schema = ", "is not valid TOML"),
        (b"\xff\xfe", "cannot read"),
        (b"a = 1\na = 2\n", "is not valid TOML"),
    ],
)
@pytest.mark.parametrize("kind", LOAD)
def test_a_file_that_cannot_be_read_is_named(tmp_path, kind, content, message):
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        LOAD[kind](str(file))
    assert str(file) in error.value.message
    assert error.value.remedy


@pytest.mark.parametrize("kind", LOAD)
def test_a_path_is_read_like_the_built_in_name(edited, kind):
    name = library.names(kind)[0]
    assert LOAD[kind](edited(kind, name)) == LOAD[kind](name)


def test_a_relative_path_without_a_folder_is_a_path(edited, tmp_path, monkeypatch):
    edited("models", "paper", to="mine.toml")
    monkeypatch.chdir(tmp_path)
    assert library.load_card("mine.toml").name == "paper"


def test_a_checkout_reads_the_live_files():
    assert library.shelf("models") == library.CHECKOUT / "models"
    assert library.shelf("priors") == library.CHECKOUT / "priors"


def test_an_installed_wheel_reads_its_own_files(monkeypatch, tmp_path):
    monkeypatch.setattr(library, "CHECKOUT", tmp_path)
    assert library.shelf("models") == library.PACKAGE / "models"


@pytest.mark.parametrize("kind", LOAD)
def test_names_are_the_files_sorted(kind):
    files = {file.stem for file in library.shelf(kind).iterdir() if file.suffix == ".toml"}
    assert library.names(kind) == tuple(sorted(files))


@pytest.mark.parametrize("named", ["mine.toml", "mine"])
@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in LOAD for n in library.names(k)])
def test_check_tells_what_a_file_is(edited, monkeypatch, tmp_path, kind, name, named):
    file = edited(kind, name, to=named)
    assert isinstance(library.check(tmp_path / named), KIND_OF[kind])
    monkeypatch.chdir(tmp_path)
    assert library.check(type(tmp_path)(named)) == LOAD[kind](file if "." in named else f"./{named}")


@pytest.mark.parametrize(
    ("kind", "name", "old", "new", "piece"),
    [
        ("models", "paper", "horizon = 30", "horizn = 30", "'horizn'"),
        ("priors", "wide", "description", "desciption", "'desciption'"),
        ("evidence", "mmlu-pro", "licence", "license", "'license'"),
    ],
)
def test_check_refuses_what_its_kind_may_not_say(edited, tmp_path, kind, name, old, new, piece):
    file = edited(kind, name, (old, new), to="mine.toml")
    with pytest.raises(InputError) as error:
        library.check(tmp_path / "mine.toml")
    assert file in error.value.message
    assert piece in error.value.message


def test_the_fingerprint_is_of_what_a_file_says_not_of_how(edited):
    plain = library.load_card("paper")
    commented = edited("models", "paper", ("horizon = 30", "# as long as the paper's figures\nhorizon   =  30.0"))
    changed = edited("models", "paper", ("horizon = 30", "horizon = 31"), to="changed.toml")
    assert library.fingerprint(library.load_card(commented)) == library.fingerprint(plain)
    assert library.fingerprint(library.load_card(changed)) != library.fingerprint(plain)


@pytest.mark.parametrize("kind", LOAD)
def test_shipped_files_say_nothing_twice(kind):
    for name in library.names(kind):
        data = tomllib.loads((library.shelf(kind) / f"{name}.toml").read_text(encoding="utf-8"))
        assert data["schema"] == 1
        assert data["name"] == name


SMALL = """
schema = 1
extends = "{base}"
name = "mine"
title = "Mine"
story = "As the other."
wrong_if = "Never."
"""


def extension(folder, more="", base="leaderboard", name="mine.toml"):
    file = folder / name
    file.write_text(SMALL.format(base=base) + more, encoding="utf-8")
    return str(file)


def test_a_card_takes_over_what_it_does_not_say(tmp_path):
    base, card = library.load_card("leaderboard"), library.load_card(extension(tmp_path, "horizon = 2035"))
    same = card.model_copy(update={n: getattr(base, n) for n in ("name", "title", "story", "wrong_if", "horizon")})
    assert same.model_dump() == base.model_dump()
    assert (card.name, card.horizon, card.extends) == ("mine", 2035, "leaderboard")


def test_a_prior_is_replaced_one_by_one_and_a_joint_one_as_a_whole(tmp_path):
    stated = '[parameters.{}]\nprior = 3.0\nunit = "{}"\nsource = "Mine"\n'
    base = library.load_card("leaderboard")
    one = library.load_card(extension(tmp_path, stated.format("lead_sd", "ln FLOP")))
    assert one.parameters["lead_sd"].prior == 3.0
    assert one.parameters.keys() == base.parameters.keys()
    assert one.joint == base.joint
    joint = library.load_card(extension(tmp_path, stated.format("R", "ratio")))
    assert joint.joint == []  # C0 fell with R: they were stated together
    assert joint.parameters.keys() == {*base.parameters, "R"}


def test_with_a_benchmark_fall_its_parameters(tmp_path):
    eci = '[[benchmarks]]\nname = "eci"\ntitle = "E"\nlink = "linear"\nunit = "index"\nevidence = "eci"\n'
    event = '[[events]]\nname = "e"\nask = "eci_gap < 3 index"\n'
    card = library.load_card(extension(tmp_path, eci + event))
    assert card.benchmark_names == ("eci",)
    assert {n for n in card.parameters if n.startswith(("mmlu_pro", "gpqa", "arena"))} == set()
    assert {"eci_level", "eci_slope", "eci_noise", "lead_sd"} <= card.parameters.keys()


def test_an_extension_of_an_extension_and_the_fingerprint_is_of_the_whole(tmp_path):
    first = extension(tmp_path, "horizon = 2035", name="first.toml")
    second = library.load_card(extension(tmp_path, base=first))
    assert second.horizon == 2035
    assert library.fingerprint(second) == library.fingerprint(library.load_card(first))  # both are called "mine"
    assert library.fingerprint(second) != library.fingerprint(library.load_card(extension(tmp_path)))
    assert library.check(tmp_path / "mine.toml") == library.load_card(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    ("base", "more", "message", "remedy"),
    [
        ("leaderbord", "", "mine.toml: extends = 'leaderbord': unknown model card", "Did you mean 'leaderboard'?"),
        ("{folder}/mine.toml", "", "mine.toml extends itself", "in full"),
        ("{folder}/none.toml", "", "there is no file", "Check the path"),
        ("leaderboard", "horizn = 3", "unknown key 'horizn'. Did you mean 'horizon'?", "Mend"),
        ("leaderboard", 'joint = "none"', "joint: Input should be a valid list", "Mend"),
        ("leaderboard", "parameters = 3", "parameters: ", "Mend"),
        ("leaderboard", 'clock = "elapsed"', "elapsed", "Mend"),
        ('leaderboard"\nstory = "twice', "", "is not valid TOML", "Mend"),
    ],
)
def test_an_extension_that_cannot_be_read_is_refused(tmp_path, base, more, message, remedy):
    file = extension(tmp_path, more, base.format(folder=tmp_path))
    with pytest.raises(InputError) as error:
        library.load_card(file)
    assert message in error.value.message
    assert file in error.value.message
    assert remedy in error.value.remedy


def test_an_extension_says_itself_what_it_is_about(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('schema = 1\nextends = "leaderboard"\nname = "mine"\ntitle = "Mine"')
    with pytest.raises(InputError, match=r"story: Field required"):
        library.load_card(str(file))
    file.write_text("extends = 3")
    with pytest.raises(InputError, match="extends is not a name"):
        library.load_card(str(file))


def test_variants_ask_the_same_of_the_same_leaderboards():
    found = library.variants("leaderboard")
    assert found[0] == "leaderboard"
    assert {"leaderboard-capped", "leaderboard-new-paradigm"} <= set(found)
    assert "leaderboard-no-departures" not in found
    assert "unbounded-measure" not in found  # it extends the card, and reads one leaderboard
