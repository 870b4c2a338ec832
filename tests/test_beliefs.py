"""The joint prior: conditioning, correlation, draws, and the scaling law as DESIGN.md section 3 wants it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import Scale, parse
from meekcast.cards import library
from meekcast.cards.priors import JointEntry
from meekcast.errors import InputError

IDENTITY, LOG, LOGIT = Scale(), Scale("log", 0.0, math.inf), Scale("logit", 0.0, 1.0)
NAMES = ("a", "b", "c")
MEAN = np.array([1.0, -0.5, 2.0])
COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, -0.3], [0.0, -0.3, 0.5]])
TRIPLE = Belief(NAMES, (IDENTITY, LOG, LOGIT), MEAN, COVARIANCE)


def on_scales(belief, draws):
    columns = zip(belief.names, belief.scales, strict=True)
    return np.array([[scale.from_value(v) for v in draws[name]] for name, scale in columns])


def conditioned(mean, covariance, i, value):
    """Gaussian conditioning by the textbook's formula, with a matrix inverse."""
    rest = [j for j in range(len(mean)) if j != i]
    s_ri, s_ii = covariance[np.ix_(rest, [i])], covariance[np.ix_([i], [i])]
    gain = s_ri @ np.linalg.inv(s_ii)
    return (
        mean[rest] + (gain @ np.array([value - mean[i]])),
        covariance[np.ix_(rest, rest)] - gain @ s_ri.T,
        rest,
    )


@pytest.mark.parametrize(("name", "value"), [("a", 3.0), ("b", 2.0), ("c", 0.2)])
def test_a_point_conditions_the_others_as_the_textbook_says(name, value):
    changed = TRIPLE.with_marginal(name, parse(value))
    i = NAMES.index(name)
    u = TRIPLE.scales[i].from_value(value)
    mean, covariance, rest = conditioned(MEAN, COVARIANCE, i, u)
    assert changed.mean[i] == pytest.approx(u)
    np.testing.assert_allclose(changed.mean[rest], mean)
    np.testing.assert_allclose(changed.covariance[np.ix_(rest, rest)], covariance, atol=1e-14)
    assert name not in changed.free
    assert [changed.quantile(name, p) for p in (0.1, 0.9)] == pytest.approx([value, value])


def test_a_point_conditions_as_importance_weighted_draws_do():
    draws = on_scales(TRIPLE, TRIPLE.draw(200_000, np.random.default_rng(0)))
    changed = TRIPLE.with_marginal("a", parse(2.0))
    weights = stats.norm(2.0, 0.03).pdf(draws[0])  # draws whose a is close to 2
    for j in (1, 2):
        mean = np.average(draws[j], weights=weights)
        sd = math.sqrt(np.average((draws[j] - mean) ** 2, weights=weights))
        n = weights.sum() ** 2 / (weights**2).sum()
        assert changed.mean[j] == pytest.approx(mean, abs=4 * sd / math.sqrt(n))
        assert changed.sd[j] == pytest.approx(sd, rel=4 / math.sqrt(2 * n))


@pytest.mark.parametrize("prior", ["Normal(2, sd 0.3)", "Normal(-1, sd 4)", "Normal(1, sd 1)"])
def test_a_new_marginal_keeps_what_the_others_are_given_the_parameter(prior):
    changed = TRIPLE.with_marginal("a", parse(prior))
    assert (changed.mean[0], changed.sd[0]) == (pytest.approx(parse(prior).mean), pytest.approx(parse(prior).sd))
    for value in (0.0, 2.5):
        before, after = (b.with_marginal("a", parse(value)) for b in (TRIPLE, changed))
        np.testing.assert_allclose(after.mean, before.mean)
        np.testing.assert_allclose(after.covariance, before.covariance, atol=1e-12)
    slope = changed.covariance[1:, 0] / changed.covariance[0, 0]
    residual = changed.covariance[1:, 1:] - np.outer(slope, slope) * changed.covariance[0, 0]
    np.testing.assert_allclose(slope, COVARIANCE[1:, 0] / COVARIANCE[0, 0], atol=1e-12)
    np.testing.assert_allclose(residual, COVARIANCE[1:, 1:] - np.outer(slope, slope) * COVARIANCE[0, 0], atol=1e-12)


def test_the_marginal_that_it_has_already_changes_nothing():
    same = TRIPLE.with_marginal("b", parse(f"LogNormal({math.exp(-0.5)!r}, sd {math.sqrt(2)!r})"))
    np.testing.assert_allclose(same.mean, MEAN)
    np.testing.assert_allclose(same.covariance, COVARIANCE, atol=1e-12)


def test_two_fixed_values_condition_in_either_order():
    one = TRIPLE.with_marginal("a", parse(2.0)).with_marginal("c", parse(0.4))
    other = TRIPLE.with_marginal("c", parse(0.4)).with_marginal("a", parse(2.0))
    np.testing.assert_allclose(one.mean, other.mean)
    np.testing.assert_allclose(one.covariance, other.covariance, atol=1e-14)


def test_the_scaling_law_can_be_fixed_one_parameter_after_the_other():
    law = library.load_priors("literature").belief
    for name, value in (("alpha", 0.155), ("A", 1070.0), ("L0", 1.7)):
        law = law.with_marginal(name, parse(value))
    assert not {"alpha", "A", "L0"} & set(law.free)
    assert np.isfinite(law.sd).all()
    assert [law.quantile(n, 0.5) for n in ("alpha", "A", "L0")] == pytest.approx([0.155, 1070.0, 1.7])


def test_a_parameter_that_stands_alone_may_change_its_family():
    belief = Belief.independent({"g": parse("LogNormal(2, sd 1)"), "h": parse(1.0)})
    changed = belief.with_marginal("g", parse("Normal(3, sd 0.1)"))
    assert changed.quantile("g", 0.5) == pytest.approx(3.0)
    assert changed.quantile("h", 0.5) == 1.0


def test_a_tied_parameter_keeps_its_family():
    with pytest.raises(InputError, match="b is tied to a, c by a joint prior that is LogNormal in b") as error:
        TRIPLE.with_marginal("b", parse("Normal(1, sd 0.1)"))
    assert "LogNormal(...)" in error.value.remedy


def test_unknown_names_are_refused_with_the_nearest_match():
    belief = Belief.independent({"alpha": parse(0.1), "beta": parse(1.0)})
    with pytest.raises(InputError, match="no parameter 'alpa'") as error:
        belief.quantile("alpa", 0.5)
    assert "Did you mean 'alpha'?" in error.value.remedy


def test_draws_have_the_stated_mean_and_covariance():
    n = 200_000
    u = on_scales(TRIPLE, TRIPLE.draw(n, np.random.default_rng(1)))
    np.testing.assert_array_less(abs(u.mean(axis=1) - MEAN), 4.5 * TRIPLE.sd / math.sqrt(n))
    # Var of a sample covariance: (s_ij^2 + s_ii s_jj) / n
    error = np.sqrt((COVARIANCE**2 + np.outer(np.diag(COVARIANCE), np.diag(COVARIANCE))) / n)
    np.testing.assert_array_less(abs(np.cov(u) - COVARIANCE), 4.5 * error)


def test_draws_of_known_parameters_are_their_values_and_draws_repeat():
    belief = Belief.independent({"x": parse("Normal(0, sd 1)"), "k": parse(7.0)})
    first, second = (belief.draw(5, np.random.default_rng(3)) for _ in range(2))
    assert first["k"].tolist() == [7.0] * 5
    assert first["x"].tolist() == second["x"].tolist()
    assert belief.free == ("x",)
    assert Belief.independent({"k": parse(7.0)}).is_point


def test_the_factor_gives_the_covariance_with_a_column_for_each_free_parameter():
    belief = TRIPLE.joined(Belief.independent({"aa": parse(1.0)}))
    factor = belief.factor()
    assert factor.shape == (4, 3)
    np.testing.assert_allclose(factor @ factor.T, belief.covariance, atol=1e-14)
    assert not factor[belief.index("aa")].any()


@pytest.mark.parametrize("p", [0.05, 0.5, 0.95])
def test_quantiles_are_those_of_the_marginals(p):
    u = stats.norm(MEAN, np.sqrt(np.diag(COVARIANCE))).ppf(p)
    assert TRIPLE.quantile("a", p) == pytest.approx(u[0])
    assert TRIPLE.quantile("b", p) == pytest.approx(math.exp(u[1]))
    assert TRIPLE.quantile("c", p) == pytest.approx(1 / (1 + math.exp(-u[2])))


@pytest.mark.parametrize(
    ("name", "low", "high", "expected"),
    [
        ("a", 0.0, math.inf, stats.norm(1, 1).cdf(0)),
        ("a", 0.0, 2.0, stats.norm(1, 1).cdf(0) + stats.norm(1, 1).sf(2)),
        ("b", 0.0, math.inf, 0.0),
        ("c", 0.0, 0.5, stats.norm(2, math.sqrt(0.5)).sf(0)),
    ],
)
def test_the_probability_outside_a_support(name, low, high, expected):
    assert TRIPLE.probability_outside(name, low, high) == pytest.approx(expected, abs=1e-12)


def test_only_forgets_the_others():
    kept = TRIPLE.only(["c", "a"])
    assert kept.names == ("a", "c")
    assert kept.scales == (IDENTITY, LOGIT)
    np.testing.assert_array_equal(kept.covariance, COVARIANCE[np.ix_([0, 2], [0, 2])])


def test_joined_replaces_and_keeps_the_rest():
    other = Belief(("aa", "b"), (LOG, IDENTITY), np.array([5.0, 6.0]), np.array([[1.0, 0.2], [0.2, 1.0]]))
    joined = TRIPLE.joined(other)
    assert joined.names == ("a", "aa", "b", "c")
    assert joined.scales == (IDENTITY, LOG, IDENTITY, LOGIT)
    assert joined.mean.tolist() == [1.0, 5.0, 6.0, 2.0]
    expected = np.array([[1, 0, 0, 0], [0, 1, 0.2, 0], [0, 0.2, 1, 0], [0, 0, 0, 0.5]])
    np.testing.assert_array_equal(joined.covariance, expected)


def test_a_stated_correlation_is_the_one_that_results():
    belief = Belief.independent({"x": parse("Normal(0, sd 2)"), "y": parse("LogNormal(1, sd 0.5)")})
    changed = belief.correlated({("y", "x"): -0.4})
    np.testing.assert_allclose(changed.covariance, [[4, -0.4], [-0.4, 0.25]])
    np.testing.assert_allclose(changed.sd, belief.sd)


def test_correlations_that_contradict_each_other_are_refused():
    belief = Belief.independent({n: parse("Normal(0, sd 1)") for n in "xyz"})
    tied = {("x", "y"): 0.9, ("y", "z"): 0.9}
    assert belief.correlated(tied | {("x", "z"): 0.9}).free == ("x", "y", "z")  # each but the last alone would not do
    with pytest.raises(InputError, match=r"not positive definite .*smallest eigenvalue") as error:
        belief.correlated(tied | {("x", "z"): -0.9})
    assert "closer to zero" in error.value.remedy


# The scaling law: LITERATURE.md sections 2 and 3


def reducible_at(draws, log_compute):
    return np.log(draws["A"]) - draws["alpha"] * log_compute


@pytest.fixture(scope="module")
def law():
    return next(joint for joint in library.load_priors("literature").joint if "alpha" in joint.parameters)


def without_widening(law):
    return law.model_copy(update={"widening": None}).belief


def test_at_1e26_flop_the_joint_prior_gives_the_reducible_loss_to_11_percent(law):
    draws = without_widening(law).draw(200_000, np.random.default_rng(0))
    assert reducible_at(draws, math.log(1e26)).std() == pytest.approx(0.11, abs=0.005)


def test_independent_priors_from_the_same_table_would_give_it_to_38_percent(law):
    joint = without_widening(law)
    independent = Belief(joint.names, joint.scales, joint.mean, np.diag(np.diag(joint.covariance)))
    draws = independent.draw(200_000, np.random.default_rng(0))
    assert reducible_at(draws, math.log(1e26)).std() == pytest.approx(0.38, abs=0.01)


def test_widening_leaves_the_reducible_loss_at_the_pivot_alone(law):
    """Exactly: the variance of ln A - alpha ln 1e20 does not hold the spread between corpora."""

    def spread(belief, compute):
        contrast = np.array([{"A": 1.0, "alpha": -math.log(compute)}.get(n, 0.0) for n in belief.names])
        return math.sqrt(contrast @ belief.covariance @ contrast)

    narrow, wide = without_widening(law), law.belief
    assert spread(wide, 1e20) == pytest.approx(spread(narrow, 1e20), rel=1e-6)
    assert spread(wide, 1e26) == pytest.approx(math.hypot(spread(narrow, 1e26), 0.025 * math.log(1e6)), rel=1e-6)
    assert spread(wide, 1e26) < 0.5  # 1.5 if the spread were added to alpha alone
    assert wide.sd[wide.names.index("alpha")] == pytest.approx(math.hypot(math.sqrt(2.915716e-5), 0.025))
    np.testing.assert_array_equal(wide.mean, narrow.mean)


def test_the_joint_prior_is_the_published_one(law):
    """Besiroglu et al. 2024 in compute, LITERATURE.md section 2."""
    belief = without_widening(law)
    assert belief.names == ("A", "L0", "alpha")
    assert belief.mean.tolist() == [7.912726, 1.81613, 0.1785]
    correlation = belief.covariance / np.outer(belief.sd, belief.sd)
    assert correlation[1, 2] == pytest.approx(0.984, abs=5e-4)
    assert correlation[0, 1] == pytest.approx(0.980, abs=5e-4)
    assert correlation[0, 2] == pytest.approx(0.9997, abs=5e-5)


def test_fixing_the_exponent_moves_the_scale_of_the_loss_along(law):
    """At alpha 0.155 the fit has A near the paper's 1070, not the marginal median of 2732."""
    changed = law.belief.with_marginal("alpha", parse(0.155))
    assert changed.quantile("A", 0.5) < 1200
    assert changed.quantile("A", 0.95) / changed.quantile("A", 0.05) < 1.5


def test_growth_priors_are_the_cited_intervals():
    belief = library.load_priors("literature").belief
    assert belief.quantile("g_hardware", 0.025) == pytest.approx(1.25, rel=0.002)
    assert belief.quantile("g_hardware", 0.975) == pytest.approx(1.57, rel=0.002)
    assert belief.quantile("g_investment", 0.1) == pytest.approx(2.21, rel=0.04)
    assert belief.quantile("g_investment", 0.9) == pytest.approx(5.21, rel=0.04)
    i, j = belief.index("g_hardware"), belief.index("g_investment")
    assert belief.covariance[i, j] / (belief.sd[i] * belief.sd[j]) == pytest.approx(-0.17)


def test_a_joint_prior_that_is_not_positive_definite_is_refused():
    with pytest.raises(ValueError, match="not positive definite"):
        JointEntry(
            parameters=["x", "y"], families=["Normal", "Normal"], units=["1", "1"], mean=[0.0, 0.0],
            covariance=[[1.0, 1.1], [1.1, 1.0]], source="typed by hand",
        )  # fmt: skip


covariances = st.lists(st.floats(-2, 2), min_size=9, max_size=9).map(
    lambda v: np.array(v).reshape(3, 3) @ np.array(v).reshape(3, 3).T + 0.05 * np.eye(3)
)


@given(covariances, st.integers(0, 2), st.floats(-3, 3), st.floats(0.05, 3))
def test_changing_a_marginal_always_leaves_a_proper_distribution(covariance, i, mean, sd):
    belief = Belief(NAMES, (IDENTITY,) * 3, np.zeros(3), covariance)
    changed = belief.with_marginal(NAMES[i], parse(f"Normal({mean!r}, sd {sd!r})"))
    factor = changed.factor()
    np.testing.assert_allclose(factor @ factor.T, changed.covariance, atol=1e-9)
    assert (changed.mean[i], changed.sd[i]) == (pytest.approx(mean), pytest.approx(sd))
