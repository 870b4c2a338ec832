"""`meekcast reproduce` as a user meets it: files, JSON, messages, pictures."""

import csv
import json
import os
import struct

import pytest
from typer.testing import CliRunner

from meekcast.cli import program
from meekcast.errors import InputError, OutputError
from meekcast.paper import registry
from meekcast.plots.paper import paper_figure

KEYS = ["id", "claim", "source", "published", "computed", "unit", "verdict", "note"]


def call(*arguments):
    return CliRunner().invoke(program(), ["reproduce", *map(str, arguments)])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproduce") / "deep" / "er"
    result = call("--out", folder, "--json")
    assert result.exit_code == 0, result.output
    return folder, result.stdout


def test_json_is_the_agreed_list_and_nothing_else(written):
    rows = json.loads(written[1])
    assert len(rows) >= 30
    for row in rows:
        assert list(row) == KEYS
        assert isinstance(row["computed"], float) or row["computed"] in {"inf", "-inf"}
        assert row["published"] is None or isinstance(row["published"], float | int)
        assert row["verdict"] in {"reproduced", "rounding", "differs", "does not follow"}
    assert {row["id"]: row for row in rows}["tokens-post-slowdown-100"]["computed"] == "-inf"


def test_claims_are_written_as_json_and_csv(written):
    folder, stdout = written
    assert json.loads((folder / "claims.json").read_text(encoding="utf-8")) == json.loads(stdout)
    with (folder / "claims.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == KEYS
    assert len(rows) == len(json.loads(stdout))


def test_every_picture_is_there_with_its_table(written):
    folder, _ = written
    names = {picture.name for picture in registry.gather_pictures(registry.FAMILIES)}
    assert {file.stem for file in folder.glob("*.png")} == names
    assert {file.stem for file in folder.glob("*.csv")} == {*names, "claims"}
    for file in folder.glob("*.png"):
        width, height = struct.unpack(">II", file.read_bytes()[16:24])
        assert 1300 <= width <= 1450
        assert 700 <= height <= 1600
    assert not list(folder.glob(".*"))


def test_tables_hold_what_is_drawn(written):
    with (written[0] / "training-losses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    start = [float(row["y"]) for row in rows if row["x"] == "0" and row["panel"] == "Loss of both actors"]
    assert start == pytest.approx([2.54993, 2.54993], abs=1e-5)


@pytest.mark.parametrize("picture", registry.gather_pictures(registry.FAMILIES), ids=lambda picture: picture.name)
def test_pictures_have_titles_units_and_legends(picture):
    figure = paper_figure(picture)
    assert figure.get_suptitle() == picture.title
    assert len(picture.title) <= 75
    assert max(len(line) for line in picture.caption.split("\n")) <= 115
    legends = 0
    for ax in figure.axes:
        assert ax.get_xlabel() and ax.get_ylabel()
        unit = ax.get_ylabel().startswith(("Tokens", "Year"))
        assert unit or "(" in ax.get_ylabel(), ax.get_ylabel()
        legends += ax.get_legend() is not None
    assert legends >= 1
    if len(picture.panels) > 1:
        assert all(panel.title for panel in picture.panels)


def test_one_claim_writes_the_pictures_of_its_family_only(tmp_path):
    result = call("leaderboard-small-narrows", "--out", tmp_path, "--json")
    assert [row["id"] for row in json.loads(result.stdout)] == ["leaderboard-small-narrows"]
    assert {file.name for file in tmp_path.iterdir()} == {
        "claims.json", "claims.csv", "leaderboard.png", "leaderboard.csv",
    }  # fmt: skip


@pytest.mark.long
def test_same_bytes_twice(written, tmp_path):
    call("leaderboard", "inference", "--out", tmp_path)
    for name in ("leaderboard.png", "inference-gap.png", "inference-gap.csv"):
        assert (tmp_path / name).read_bytes() == (written[0] / name).read_bytes()


@pytest.mark.long
def test_the_report_fits_80_columns(tmp_path):
    result = call("words", "--out", tmp_path)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "does not follow" in " ".join(result.stdout.split())
    assert "claims.json" in result.stdout


def test_unknown_id_writes_nothing(tmp_path):
    result = call("sigmoid-q", "--out", tmp_path / "none")
    assert isinstance(result.exception, InputError)
    assert "sigmoid-" in result.exception.remedy
    assert not (tmp_path / "none").exists()


@pytest.mark.skipif(os.name != "posix", reason="a file where a folder should be reads the same everywhere")
def test_unwritable_folder_says_so(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = call("leaderboard", "--out", tmp_path / "file")
    assert isinstance(result.exception, OutputError)
    assert "--out DIR" in result.exception.remedy


def test_a_failed_run_leaves_an_earlier_one_alone(tmp_path, monkeypatch):
    call("leaderboard", "--out", tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("meekcast.plots.paper.write_picture", full)
    result = call("leaderboard", "--out", tmp_path)
    assert isinstance(result.exception, OutputError)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.long
def test_reproduce_draws_nothing_itself():
    """Claims and the data of pictures come without matplotlib."""
    import subprocess
    import sys

    code = "import sys, meekcast.paper.registry as r; r.gather_claims(); print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
