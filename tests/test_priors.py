"""The one-line grammar of priors, its fit to quantiles, and the normal distribution behind each line."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from meekcast.beliefs.prior import Prior, Scale, parse
from meekcast.errors import InputError

Z90 = NormalDist().inv_cdf(0.95)
Z95 = NormalDist().inv_cdf(0.975)

values = st.floats(-50, 50)
positive = st.floats(-6, 6).map(lambda u: 10.0**u)
spreads = st.floats(1e-3, 3)
probabilities = st.floats(1e-6, 1 - 1e-6)

READ = [
    # line, family, mean, sd
    ("1.4", "Point", 1.4, 0.0),
    (1.4, "Point", 1.4, 0.0),
    (5, "Point", 5.0, 0.0),
    ("-3", "Point", -3.0, 0.0),
    ("+.5", "Point", 0.5, 0.0),
    ("2.", "Point", 2.0, 0.0),
    ("1e20", "Point", 1e20, 0.0),
    (1e20, "Point", 1e20, 0.0),
    ("6.6e-4", "Point", 6.6e-4, 0.0),
    ("1.5E+2", "Point", 150.0, 0.0),
    ("Point(1.4)", "Point", 1.4, 0.0),
    ("Normal(0.155, sd 0.02)", "Normal", 0.155, 0.02),
    ("Normal(-1e-3, sd 2e-4)", "Normal", -1e-3, 2e-4),
    ("LogNormal(2.5, sd 0.3)", "LogNormal", math.log(2.5), 0.3),
    ("LogNormal(1e20, sd 1)", "LogNormal", math.log(1e20), 1.0),
    ("LogitNormal(0.25, sd 0.5)", "LogitNormal", math.log(1 / 3), 0.5),
    ("LogitNormal(90, sd 0.5, within 80..100)", "LogitNormal", 0.0, 0.5),
    ("LogitNormal(0, sd 2, within -1..1)", "LogitNormal", 0.0, 2.0),
    ("Normal(90% -1..3)", "Normal", 1.0, 2 / Z90),
    ("LogNormal(90% 2.0..8.0)", "LogNormal", math.log(4), math.log(2) / Z90),
    ("LogitNormal(95% 0.2..0.8)", "LogitNormal", 0.0, math.log(4) / Z95),
    ("LogNormal(2, 95% 1..4)", "LogNormal", math.log(2), math.log(2) / Z95),
]


@pytest.mark.parametrize(("line", "family", "mean", "sd"), READ)
def test_each_form_of_the_grammar_is_read(line, family, mean, sd):
    prior = parse(line)
    assert prior.family == family
    assert prior.mean == pytest.approx(mean, rel=1e-12, abs=1e-12)
    assert prior.sd == pytest.approx(sd, rel=1e-12)


@pytest.mark.parametrize(
    "line",
    [
        "LogNormal(2, 90% 1..4)",
        "  LogNormal( 2 ,90%   1..4 )  ",
        "LogNormal (2.0,  90 % 1 .. 4)",
        "LogNormal(90% 1..4, 2)",
        "LogNormal(2e0,90.0% 1.0..4.00)",
    ],
)
def test_spaces_and_order_of_arguments_do_not_matter(line):
    plain = parse("LogNormal(2, 90% 1..4)")
    assert (parse(line).mean, parse(line).sd) == (plain.mean, plain.sd)


REFUSED = [
    # line, piece that the message quotes, piece of the remedy
    ("", "''", "LogNormal(2.4, 90% 2.0..2.9)"),
    ("about two", "'about two'", "Write for example"),
    ("1.4x", "'1.4x'", "Write for example"),
    ("nan", "'nan'", "Write for example"),
    ("inf", "'inf'", "Write for example"),
    ("1e400", "'1e400'", "Write for example"),
    ("Normal(1e400, sd 1)", "'1e400'", "Write for example"),
    ("Normal(1, sd 1e400)", "'sd 1e400'", "Write for example"),
    ("1.4, 1.5", "'1.4, 1.5'", "Write for example"),
    ("Lognormal(2, sd 1)", "'Lognormal'", "Did you mean 'LogNormal'?"),
    ("Gamma(2, 1)", "'Gamma'", "Allowed: LogNormal, LogitNormal, Normal, Point."),
    ("LogNormal(2, 90 1..4)", "'90 1..4'", "Write for example"),
    ("LogNormal(2, 90% 1-4)", "'90% 1-4'", "Write for example"),
    ("LogNormal(2, sd)", "'sd'", "Write for example"),
    ("LogNormal(2, 3)", "'3'", "Write for example"),
    ("LogNormal(2, sd 1, sd 2)", "'sd 2'", "Write for example"),
    ("LogNormal(2,)", "''", "Write for example"),
    ("LogNormal()", "''", "Write for example"),
    ("Point(1, sd 1)", "'Point(1, sd 1)'", "Write for example"),
    ("Point(90% 1..2)", "'Point(90% 1..2)'", "Write for example"),
    ("Normal(1)", "'Normal(1)'", "Write for example"),
    ("Normal(sd 1)", "'Normal(sd 1)'", "Write for example"),
    ("Normal(1, sd 1, 90% 0..2)", "'Normal(1, sd 1, 90% 0..2)'", "Write for example"),
    ("Normal(1, sd 1, within 0..2)", "'Normal(1, sd 1, within 0..2)'", "Write for example"),
    ("LogitNormal(1, sd 1, within 2..0)", "within 2..0", "Write for example"),
    ("Normal(1, sd 0)", "sd of 0", "Point(...)"),
    ("Normal(1, sd -2)", "sd of -2", "positive"),
    ("LogNormal(2, 0% 1..4)", "0 %", "between 1 and 99.99 %"),
    ("LogNormal(2, 100% 1..4)", "100 %", "between 1 and 99.99 %"),
    ("LogNormal(2, -90% 1..4)", "-90 %", "between 1 and 99.99 %"),
    ("LogNormal(2, 90% 4..1)", "4, 2, 1", "LOW < median < HIGH"),
    ("LogNormal(5, 90% 1..4)", "1, 5, 4", "LOW < median < HIGH"),
    ("LogNormal(1, 90% 1..4)", "1, 1, 4", "LOW < median < HIGH"),
    ("LogNormal(90% 2..2)", "2, 2", "LOW < median < HIGH"),
    ("LogNormal(2, 90% -1..4)", "-1 lies outside 0..inf", "Move it inside"),
    ("LogNormal(0, sd 1)", "0 lies outside 0..inf", "Move it inside"),
    ("LogNormal(-2, sd 1)", "-2 lies outside 0..inf", "Move it inside"),
    ("LogitNormal(1.5, sd 1)", "1.5 lies outside 0..1", "move the limits"),
    ("LogitNormal(70, 90% 60..97, within 80..100)", "lies outside 80..100", "move the limits"),
    ("LogitNormal(100, sd 1, within 80..100)", "100 lies outside 80..100", "move the limits"),
]


@pytest.mark.parametrize(("line", "quoted", "remedy"), REFUSED)
def test_what_cannot_be_read_is_quoted_with_a_remedy(line, quoted, remedy):
    with pytest.raises(InputError) as error:
        parse(line)
    assert quoted in error.value.message
    assert remedy in error.value.remedy
    assert line in error.value.message


@pytest.mark.parametrize("level", [50, 80, 90, 95, 99.9])
@pytest.mark.parametrize(
    ("family", "low", "high"), [("Normal", -2, 7), ("LogNormal", 0.1, 30), ("LogitNormal", 0.3, 0.9)]
)
def test_two_quantiles_are_met_exactly(family, low, high, level):
    prior = parse(f"{family}({level}% {low}..{high})")
    tail = (1 - level / 100) / 2
    assert prior.quantile(tail) == pytest.approx(low, rel=1e-9)
    assert prior.quantile(1 - tail) == pytest.approx(high, rel=1e-9)
    assert prior.fit_error == pytest.approx(0, abs=1e-9)


def test_three_quantiles_that_fit_have_no_error():
    assert parse("LogNormal(2, 90% 1..4)").fit_error == pytest.approx(0, abs=1e-9)


def test_three_quantiles_that_do_not_fit_are_fitted_by_least_squares_and_the_error_is_told():
    prior = parse("LogNormal(2.83, 95% 1.81..5.28)")
    z, u = np.array([-Z95, 0, Z95]), np.log([1.81, 2.83, 5.28])
    sd = (z @ u) / (z @ z)  # least squares where the z sum to zero
    assert prior.sd == pytest.approx(sd)
    assert prior.mean == pytest.approx(u.mean())
    levels = stats.norm(u.mean(), sd).cdf(u)
    assert prior.fit_error == pytest.approx(max(abs(levels - [0.025, 0.5, 0.975])), abs=1e-9)
    assert prior.fit_error > 0.05


def test_parameters_that_are_given_have_no_fit_error():
    assert parse("Normal(1, sd 2)").fit_error is None
    assert parse("1.4").fit_error is None


@pytest.mark.parametrize("p", [0.001, 0.05, 0.5, 0.9, 0.999])
@pytest.mark.parametrize(
    ("line", "reference"),
    [
        ("Normal(0.155, sd 0.02)", stats.norm(0.155, 0.02)),
        ("LogNormal(2.5, sd 0.3)", stats.lognorm(0.3, scale=2.5)),
        ("LogNormal(2, 90% 1..4)", stats.lognorm(math.log(2) / Z90, scale=2)),
    ],
)
def test_quantiles_and_probabilities_agree_with_scipy(line, reference, p):
    prior = parse(line)
    assert prior.quantile(p) == pytest.approx(reference.ppf(p), rel=1e-10)
    assert prior.probability_below(reference.ppf(p)) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("p", [0.001, 0.05, 0.5, 0.9, 0.999])
def test_a_logit_normal_is_the_logistic_function_of_a_normal(p):
    prior = parse("LogitNormal(92, sd 0.6, within 80..100)")
    u = stats.norm(math.log(12 / 8), 0.6).ppf(p)
    assert prior.quantile(p) == pytest.approx(80 + 20 / (1 + math.exp(-u)), rel=1e-12)


def test_a_logit_normal_stays_within_its_limits():
    prior = parse("LogitNormal(92, 90% 87..97, within 80..100)")
    assert 80 < prior.quantile(1e-12) < prior.quantile(1 - 1e-12) < 100
    assert (prior.probability_below(80), prior.probability_below(79)) == (0, 0)
    assert (prior.probability_below(100), prior.probability_below(101)) == (1, 1)
    assert parse("LogitNormal(90% 0.8..0.95)").scale == Scale("logit", 0.0, 1.0)


def test_a_point_has_all_its_probability_in_one_place():
    prior = parse(1.4)
    assert {prior.quantile(p) for p in (0.01, 0.5, 0.99)} == {1.4}
    assert (prior.probability_below(1.3999), prior.probability_below(1.4)) == (0, 1)


def test_a_log_normal_has_nothing_below_zero():
    prior = parse("LogNormal(2, sd 5)")
    assert (prior.probability_below(0.0), prior.probability_below(-1.0)) == (0, 0)


scales = st.one_of(
    st.tuples(st.just(Scale()), values),
    st.tuples(st.just(Scale("log", 0.0, math.inf)), positive),
    st.tuples(values, positive, st.floats(0.01, 0.99)).map(
        lambda t: (Scale("logit", t[0], t[0] + t[1]), t[0] + t[2] * t[1])
    ),
)


@given(scales)
def test_a_value_survives_the_way_to_the_scale_and_back(case):
    scale, value = case
    width = scale.high - scale.low if math.isfinite(scale.high - scale.low) else abs(value)
    back = scale.to_value(scale.from_value(value))
    assert back == pytest.approx(value, rel=1e-9, abs=1e-9 * width)


@given(st.sampled_from(["Normal", "LogNormal", "LogitNormal"]), st.floats(-3, 3), spreads, probabilities)
def test_the_probability_below_a_quantile_is_its_level(family, mean, sd, p):
    scale = {"Normal": Scale(), "LogNormal": Scale("log", 0.0, math.inf), "LogitNormal": Scale("logit", 2.0, 9.0)}
    prior = Prior(family, scale[family], mean, sd, "")
    assert prior.probability_below(prior.quantile(p)) == pytest.approx(p, rel=1e-6, abs=1e-9)


@given(positive, st.floats(1.01, 50), st.floats(1.01, 50), st.integers(5, 99))
def test_whatever_quantiles_are_stated_the_fit_lies_between_them(median, below, above, level):
    prior = parse(f"LogNormal({median!r}, {level}% {median / below!r}..{median * above!r})")
    assert prior.sd > 0
    assert median / below < prior.quantile(0.5) < median * above
    assert 0 <= prior.fit_error < 1


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("LogNormal(1.4, sd 500)", ["beyond numbers", "3e+03", "log scale"]),
        ("Normal(0.155, sd 1e300)", ["beyond numbers", "identity scale"]),
        ("LogitNormal(0.5, sd 200)", ["beyond numbers", "logit scale"]),
        ("LogNormal(1e-320% 2.0..2.9)", ["between 1 and 99.99 %"]),
        ("LogNormal(99.99999999999999% 2.0..2.9)", ["between 1 and 99.99 %"]),
    ],
)
def test_a_spread_that_no_number_holds_is_refused(line, pieces):
    with pytest.raises(InputError) as error:
        parse(line)
    assert line in str(error.value)
    assert all(piece in str(error.value) for piece in pieces), error.value
