"""Verdicts, the registry of claims, and the distributions that their notes state."""

import math

import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.paper import registry
from meekcast.paper.claims import VERDICTS, judge, number, words
from meekcast.paper.sigmoid import Fit, draws_given_alpha, fit, posterior, sigmoid
from meekcast.paper.uncertainty import draws, last_above, spread

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("published", "computed", "resolution", "verdict"),
    [
        (3.34, 3.3372, 0.01, "reproduced"),
        (3.34, 3.345, 0.01, "reproduced"),  # a tie
        (3.34, 3.3451, 0.01, "rounding"),
        (5.8, 5.746, 0.1, "rounding"),
        (5.8, 5.64, 0.1, "differs"),
        (-23.77, -23.7735, 0.01, "reproduced"),
        (1e20, 1e20, 1e18, "reproduced"),
        (30.0, 27.0, 1.0, "differs"),
        (math.inf, math.inf, 1.0, "reproduced"),
        (math.inf, 5.0, 1.0, "differs"),
        (5.0, -math.inf, 1.0, "differs"),
    ],
)
def test_judge(published, computed, resolution, verdict):
    assert judge(published, computed, resolution) == verdict


def test_a_claim_refuses_nan():
    with pytest.raises(ValueError, match="NaN"):
        judge(1.0, math.nan, 0.1)
    with pytest.raises(ValueError, match="NaN"):
        words("id", "claim", "source", True, math.nan, "years", "note")


def test_number_and_words():
    claim = number("id", "claim", "source", 5.8, 5.746, "years", "note", places=1)
    assert claim.verdict == "rounding"
    assert claim.difference == pytest.approx(-0.054)
    assert words("id", "claim", "source", False, math.inf, "years", "note").verdict == "does not follow"
    assert words("id", "claim", "source", True, 1.0, "years", "note").difference is None


def test_difference_of_equal_infinities_is_zero():
    assert words("id", "claim", "source", True, math.inf, "y", "note", published=math.inf).difference == 0.0


@pytest.fixture(scope="module")
def found():
    return registry.gather_claims()


def test_ids_are_unique_kebab_case_and_every_verdict_occurs(found):
    claims = [claim for family in found.values() for claim in family]
    ids = [claim.id for claim in claims]
    assert len(ids) == len(set(ids)) >= 30
    assert all(id == id.lower() and " " not in id and "_" not in id for id in ids)
    assert not set(ids) & set(registry.FAMILIES)
    assert {claim.verdict for claim in claims} == set(VERDICTS)


def test_every_claim_says_what_where_and_why(found):
    for family in found.values():
        for claim in family:
            assert claim.claim and claim.source and claim.unit
            assert claim.note.endswith("."), claim
            assert "nan" not in claim.note.split(), claim


def test_the_known_verdicts(found):
    verdicts = {claim.id: claim.verdict for family in found.values() for claim in family}
    assert verdicts["peak-time-alpha-0.155"] == "reproduced"
    assert verdicts["mmlu-gap-p10-date"] == "rounding"
    assert verdicts["inflection-time"] == "differs"
    assert verdicts["growth-delays-peak"] == "does not follow"
    assert verdicts["growth-delays-end-0.05"] == "reproduced"
    assert verdicts["mmlu-20-to-5-falling"] == "does not follow"
    assert verdicts["tenfold-reducible-loss"] == "reproduced"
    assert verdicts["tenfold-total-loss"] == "does not follow"


def test_claims_and_families_can_be_named():
    chosen = registry.gather_claims(["sigmoid-k", "sprt-nats", "leaderboard"])
    assert list(chosen) == ["benchmark", "tokens", "leaderboard"]
    assert [claim.id for claim in chosen["tokens"]] == ["sprt-nats"]
    assert len(chosen["leaderboard"]) > 10


def test_unknown_id_names_the_nearest():
    with pytest.raises(InputError, match=r"peak-time-alpha-0\.156") as error:
        registry.gather_claims(["peak-time-alpha-0.156"])
    assert "peak-time-alpha-0.15" in error.value.remedy
    assert "leaderboard" in error.value.remedy
    assert len(error.value.remedy) < 300


def test_draws_are_those_of_the_literature_set_and_stay_the_same():
    first = draws()
    assert first is draws()
    assert np.median(first["g_hardware"]) == pytest.approx(1.40, abs=0.01)
    assert np.median(first["alpha"]) == pytest.approx(0.1785, abs=0.002)
    assert (first["g_investment"] > 1).all()
    assert (draws(alpha=0.155)["alpha"] == 0.155).all()
    assert np.corrcoef(first["alpha"], np.log(first["A"]))[0, 1] > 0.95


def test_spread_handles_infinities():
    assert spread(np.array([1.0, 2.0, np.inf]), "y") == "Under the literature priors 2 y, 90 % [1.1, inf]."
    assert spread(np.full(3, -np.inf), "y") == "Under the literature priors -inf y too."


def test_last_above_by_hand():
    t = np.array([0.0, 1.0, 2.0, 3.0])
    values = np.array([[9, 1, 9, 1], [1, 1, 1, 1], [9, 9, 9, 9], [9, 1, 1, 1]])
    assert last_above(t, values, 5).tolist() == [2.0, -np.inf, 3.0, 0.0]


def test_posterior_of_a_line_is_the_known_student_t():
    """For a straight line with flat priors the slope is Student t with m - 2 degrees of freedom."""
    x = np.linspace(-1, 1, 12)
    y = 2 * x + 1 + 0.1 * RNG(1).standard_normal(12)

    def line(x, slope, level):
        return slope * x + level

    design = np.stack([x, np.ones_like(x)], axis=1)
    values, squares, *_ = np.linalg.lstsq(design, y)
    covariance = squares[0] / 10 * np.linalg.inv(design.T @ design)
    drawn = posterior(line, x, y, (values, covariance), lambda d: np.ones(len(d), bool), 20_000, RNG(2))
    scaled = (drawn[:, 0] - values[0]) / np.sqrt(covariance[0, 0])
    assert np.quantile(scaled, [0.05, 0.5, 0.95]) == pytest.approx([-1.812, 0.0, 1.812], abs=0.12)


def test_draws_of_the_sigmoid_are_possible_and_near_the_fit():
    found = fit()
    drawn = found.draw(2000, RNG(0))
    assert drawn.shape == (2000, 4)
    assert (drawn[:, 0] + drawn[:, 3] <= 1).all()
    at_half = sigmoid(np.array([1.95]), *(column[:, None] for column in drawn.T))
    assert np.median(at_half) == pytest.approx(float(sigmoid(1.95, *found.values)), abs=0.02)
    assert isinstance(found, Fit)


def test_refit_per_draw_passes_through_the_points():
    """Whatever the exponent, the refitted curve says about 0.69 at Llama 2 70B's compute."""
    from meekcast.equations.links import bounded_link_of_compute

    alpha = np.repeat([0.11, 0.155, 0.22], 200)
    link = draws_given_alpha(alpha, RNG(0), cells=3)
    score = bounded_link_of_compute(np.log(6 * 7e10 * 2e12), alpha, *link.values())
    for a in np.unique(alpha):
        assert np.median(score[alpha == a]) == pytest.approx(0.68, abs=0.08)
