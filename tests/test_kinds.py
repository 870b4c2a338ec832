"""Boards of which a card says nothing: priors of their kind, and what boards that share them have in common."""

from __future__ import annotations

import numpy as np
import pytest

from meekcast.cards.library import shelf
from meekcast.errors import InputError
from meekcast.inputs import gather
from meekcast.inputs.gathering import ALIKE

BOARD = """
[[benchmarks]]
name = "{name}"
title = "{name}"
kind = "{kind}"
evidence = "{evidence}"
link = "sigmoid"
floor = 0.0
reference = "start"
"""


def written(folder, *boards):
    """A card that reads some boards and says nothing of them."""
    file = folder / "mine.toml"
    head = 'schema = 1\nextends = "leaderboard"\nname = "mine"\ntitle = "Mine"\nstory = "s"\nwrong_if = "w"\n'
    event = '[[events]]\nname = "close"\nask = "lag_behind < 0.5 years"\n'
    file.write_text(head + "".join(BOARD.format(**board) for board in boards) + event, encoding="utf-8")
    return str(file)


AIME = {"name": "otis_mock_aime", "kind": "mathematics", "evidence": "otis-mock-aime"}
MATH = {"name": "math_level_5", "kind": "mathematics", "evidence": "math-level-5"}
CODE = {"name": "aider_polyglot", "kind": "code", "evidence": "aider-polyglot"}


def test_a_board_of_which_nothing_is_said_is_believed_to_be_like_its_kind(tmp_path):
    inputs = gather(written(tmp_path, AIME, CODE))
    usual = inputs.card.belief.joined(inputs.priors.belief)
    for name, like in (
        ("otis_mock_aime_noise", "mathematics_noise"),
        ("aider_polyglot_discrimination", "code_discrimination"),
        ("aider_polyglot_taste_sd", "board_taste_sd"),
    ):
        quantiles = [(inputs.belief.quantile(name, p), usual.quantile(like, p)) for p in (0.05, 0.5, 0.95)]
        for own, believed in quantiles:
            assert own == pytest.approx(believed)
        assert inputs.sources()[name] == f"as {like}: {usual_source(inputs, like)}"


def usual_source(inputs, name):
    return (inputs.card.sources() | inputs.priors.sources())[name]


def correlation(belief, one, other):
    i, j = belief.index(one), belief.index(other)
    return belief.covariance[i, j] / np.sqrt(belief.covariance[i, i] * belief.covariance[j, j])


def test_boards_that_share_a_prior_tell_of_each_other_where_they_can_be_alike(tmp_path):
    belief = gather(written(tmp_path, AIME, MATH, CODE)).belief
    assert correlation(belief, "otis_mock_aime_noise", "math_level_5_noise") == pytest.approx(ALIKE)
    assert correlation(belief, "otis_mock_aime_taste_sd", "aider_polyglot_taste_sd") == pytest.approx(ALIKE)
    assert correlation(belief, "otis_mock_aime_noise", "aider_polyglot_noise") == 0
    assert correlation(belief, "otis_mock_aime_difficulty", "math_level_5_difficulty") == 0


def test_what_a_card_says_of_a_board_comes_first():
    inputs = gather("leaderboard")
    assert "as knowledge" not in inputs.sources()["gpqa_noise"]
    assert inputs.belief.quantile("gpqa_noise", 0.5) == pytest.approx(3.0)


def test_without_a_kind_the_card_is_told_what_it_lacks(tmp_path):
    file = written(tmp_path, AIME)
    text = (tmp_path / "mine.toml").read_text(encoding="utf-8").replace('kind = "mathematics"\n', "")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        gather(file)
    assert "otis_mock_aime_difficulty" in str(caught.value)
    assert 'kind = "knowledge"' in str(caught.value)


def test_a_kind_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(InputError, match="kind"):
        gather(written(tmp_path, {**AIME, "kind": "poetry"}))


def test_every_kind_says_all_that_its_links_ask_for():
    said = set(gather("leaderboard").priors.belief.names)
    roles = {"points": ("ceiling", "difficulty", "discrimination", "noise"), "other": ("level", "slope", "noise")}
    for kind in ("knowledge", "mathematics", "code", "agentic"):
        assert {f"{kind}_{role}" for role in roles["points"]} <= said
    for kind in ("preference", "index"):
        assert {f"{kind}_{role}" for role in roles["other"]} <= said
    assert (shelf("priors") / "literature.toml").is_file()
