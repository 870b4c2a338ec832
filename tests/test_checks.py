"""Prior and posterior predictive checks: replicated evidence against what was seen."""

import math

import numpy as np
import pytest

from meekcast.forecasts.checks import PredictiveCheck, predictive_checks


@pytest.fixture(scope="module")
def checks(leaderboard):
    return {check.kind: check for check in predictive_checks(leaderboard)}


def test_there_is_one_of_the_prior_and_one_of_the_posterior(checks, leaderboard):
    assert list(checks) == ["prior", "posterior"]
    for check in checks.values():
        assert check.rows == leaderboard.inputs.data[0][1]
        assert check.replicates.shape == (4000, 13)
        assert np.isfinite(check.replicates).all()


def test_the_evidence_narrows_the_replicates(checks):
    assert (checks["posterior"].replicates.std(axis=0) < checks["prior"].replicates.std(axis=0)).all()
    seen = np.array([o.value for o in checks["posterior"].rows])
    assert abs(checks["posterior"].replicates.mean(axis=0) - seen).mean() < 3
    assert checks["posterior"].inside(0.9) >= 0.9


def test_posterior_replicates_are_the_latent_scores_plus_noise(checks, leaderboard):
    """Their variance is that of the latent score at the date and of the noise; 2025-04 is on the grid within a day."""
    j = next(i for i, o in enumerate(checks["posterior"].rows) if o.label == "Gemini 2.5 Pro Preview")
    latent = leaderboard.predictions["mmlu_pro_frontier"].sel(time=2025 + 90 / 365, method="nearest").to_numpy()
    noise = leaderboard.posterior.draws()["mmlu_pro_noise"]
    replicates = checks["posterior"].replicates[:, j]
    sd = math.hypot(latent.std(), math.sqrt(np.mean(noise**2)))
    assert replicates.mean() == pytest.approx(latent.mean(), abs=5 * sd / math.sqrt(4000))
    assert replicates.std() == pytest.approx(sd, rel=0.08)


def test_shares_inside_follow_from_the_probability_integral_transform(checks):
    rows = checks["prior"].rows[:4]
    replicates = np.tile(np.linspace(0, 100, 1001)[:, None], (1, 4))
    values = [row.value for row in rows]
    check = PredictiveCheck("prior", checks["prior"].benchmark, rows, replicates)
    assert check.pit == pytest.approx([value / 100 for value in values], abs=2e-3)
    assert check.inside(0.5) == np.mean([25 < value < 75 for value in values])
    assert check.as_dict()["share_inside_interval"].keys() == {"0.5", "0.9"}


def test_the_same_forecast_gives_the_same_checks(checks, leaderboard):
    again = {check.kind: check for check in predictive_checks(leaderboard)}
    for kind, check in checks.items():
        np.testing.assert_array_equal(again[kind].replicates, check.replicates)


def test_without_evidence_there_is_nothing_to_check(paper, paper_literature):
    assert predictive_checks(paper) == predictive_checks(paper_literature) == ()
