"""Where files are found, what they are, and what is said of files that cannot be read."""

import tomllib

import pytest

from meekcast import library
from meekcast.cards import ModelCard, PriorSet
from meekcast.errors import InputError
from meekcast.evidence import EvidenceTable

LOAD = {"models": library.load_card, "priors": library.load_priors, "evidence": library.load_evidence}
KIND_OF = {"models": ModelCard, "priors": PriorSet, "evidence": EvidenceTable}


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
