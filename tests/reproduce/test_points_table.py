"""Owen's 30 points: facts with a source, and a schema that refuses what is not one."""

import pytest

from meekcast.cards import library
from meekcast.errors import InputError


def test_thirty_points_with_source_and_licence():
    table = library.load_points("owen2024-mmlu")
    N, D, scores = table.columns()
    assert len(table.points) == len(N) == 30
    assert (N.min(), N.max()) == (8e7, 5.4e11)
    assert (D.min(), D.max()) == (1.5e11, 3.5e12)
    assert (scores.min(), scores.max()) == (0.243, 0.783)
    assert scores.sum() == pytest.approx(13.779)
    assert "Owen 2024" in table.source and table.licence


def test_points_are_not_listed_as_evidence():
    assert "owen2024-mmlu" not in library.names("evidence")
    assert library.names("points") == ("owen2024-mmlu",)


def test_unknown_table_names_the_nearest():
    with pytest.raises(InputError, match="unknown table of points 'owen'"):
        library.load_points("owen")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("score = 1.2", "score"), ("params = -1.0", "params"), ("extra = 1", "extra")],
)
def test_impossible_points_are_refused(tmp_path, wrong, message):
    text = (library.shelf("points") / "owen2024-mmlu.toml").read_text(encoding="utf-8")
    row = '{ model = "X", params = 1e9, tokens = 1e9, score = 0.5 }'
    key = wrong.split(" =")[0]
    bad = row.replace("score = 0.5", wrong) if key == "score" else row.replace("params = 1e9", wrong)
    bad = bad if key != "extra" else row.replace(" }", ", extra = 1 }")
    file = tmp_path / "points.toml"
    file.write_text(text.split("points = [")[0] + f"points = [{bad}]\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        library.load_points(str(file))


def test_check_knows_a_table_of_points():
    table = library.check(library.shelf("points") / "owen2024-mmlu.toml")
    assert type(table).__name__ == "PointTable"
