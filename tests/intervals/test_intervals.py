"""Intervals hold known truths as often as they say, or as docs/trust.md says that they do."""

import pytest

from intervals import STUDIES

QUICK = [study for study in STUDIES if not study.name.startswith(("value of", "weight in"))]


@pytest.mark.long
@pytest.mark.parametrize("study", QUICK, ids=lambda study: study.name)
def test_most_truths_are_held(study):
    share, _ = study.coverage(12)
    assert share > study.least - 0.35  # four standard errors of 12 seeds


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_truths_are_held_as_often_as_is_said(study):
    share, error = study.coverage(study.seeds, first=1000)
    assert study.least - 3 * error <= share <= study.most + 3 * error
