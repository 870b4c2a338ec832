"""Elicited priors: quantiles met, families compared, entries that a prior set takes, and what is refused."""

import json
import tomllib
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.beliefs.elicitation import beyond, entry, fits, read_quantiles
from meekcast.cards import library
from meekcast.cards.priors import PriorSet
from meekcast.errors import InputError
from meekcast.vocabulary import parameters

ASKED = ["--quantile", "0.05=2.0", "--quantile", "0.95=2.9", "--source", "The panel, 2026-11"]
POSITIVE, SCORE = parameters.find("g_investment"), parameters.Parameter("x", "points", "a score", 0.0, 100.0)


@settings(deadline=None)
@given(
    st.floats(0.01, 0.45), st.floats(0.55, 0.99), st.floats(0.1, 1000), st.floats(1.01, 20),
    st.sampled_from(["LogNormal", "LogitNormal"]),
)  # fmt: skip
def test_two_quantiles_are_met(low, high, value, ratio, family):
    parameter = parameters.Parameter("x", "1", "anything", 0.0, 50_000.0 if family == "LogitNormal" else np.inf)
    (fit,) = fits(parameter, {low: value, high: value * ratio}, family)
    assert fit.error < 1e-3  # the line of a prior holds six digits
    for p, stated in fit.asked.items():
        assert fit.fitted[p] == pytest.approx(stated, rel=1e-4)


def test_the_fit_is_what_preliz_says_of_the_same_parameters():
    import preliz as pz

    (fit,) = fits(POSITIVE, {0.05: 2.0, 0.95: 2.9}, "LogNormal")
    theirs = pz.LogNormal(fit.prior.mean, fit.prior.sd)
    np.testing.assert_allclose(theirs.ppf([0.05, 0.95]), [2.0, 2.9], rtol=1e-4)
    np.testing.assert_allclose(theirs.cdf([2.2, 2.5]), [fit.prior.probability_below(x) for x in (2.2, 2.5)])


def test_the_fit_of_many_quantiles_is_as_good_as_that_of_preliz():
    import preliz as pz

    asked = {0.05: 1.0, 0.25: 2.2, 0.5: 3.1, 0.9: 6.0}
    (fit,) = fits(parameters.Parameter("x", "1", "anything", -np.inf), asked, "Normal")
    grid = np.interp(np.linspace(0, 1, 10_001), [0, *asked, 1], [0, *asked.values(), 7])
    with warnings.catch_warnings():  # it says that no normal distribution meets all four; none does
        warnings.simplefilter("ignore")
        theirs = pz.match_quantiles(grid, pz.Normal(), quantiles=list(asked), plot=False)
    assert fit.prior.mean == pytest.approx(theirs.mu, abs=2e-3)
    assert fit.prior.sd == pytest.approx(theirs.sigma, abs=2e-3)


def test_auto_takes_the_family_that_fits_best():
    from scipy import stats

    levels = [0.05, 0.3, 0.6, 0.95]
    skewed = dict(zip(levels, stats.lognorm(0.9, scale=3).ppf(levels), strict=True))
    even = dict(zip(levels, stats.norm(10, 1).ppf(levels), strict=True))
    bounded = dict(zip(levels, 100 / (1 + np.exp(-stats.norm(2, 1).ppf(levels))), strict=True))
    assert fits(POSITIVE, skewed)[0].prior.family == "LogNormal"
    assert fits(POSITIVE, even)[0].prior.family == "Normal"
    assert fits(SCORE, bounded)[0].prior.family == "LogitNormal"


def test_among_equals_the_support_decides():
    assert fits(POSITIVE, {0.05: 2.0, 0.95: 2.9})[0].prior.family == "LogNormal"
    assert fits(SCORE, {0.05: 87.0, 0.95: 97.0})[0].prior.family == "LogitNormal"
    difficulty = parameters.Parameter("d", "ln FLOP", "half-way", -np.inf)
    assert fits(difficulty, {0.05: 57.0, 0.95: 60.0})[0].prior.family == "Normal"


def test_a_family_that_leaves_the_support_is_no_candidate():
    assert {f.prior.family for f in fits(POSITIVE, {0.05: 0.5, 0.95: 8.0})} == {"LogNormal"}
    with pytest.raises(InputError, match=r"Normal would put probability .* outside 0..inf"):
        fits(POSITIVE, {0.05: 0.5, 0.95: 8.0}, "Normal")


def test_preliz_says_whether_the_grammar_distorts():
    found = beyond(POSITIVE, {0.05: 1.0, 0.5: 2.0, 0.95: 3.0})
    assert {row.family for row in found} <= {"Gamma", "Weibull", "InverseGamma", "LogLogistic"}
    assert [row.error for row in found] == sorted(row.error for row in found)
    ours = fits(POSITIVE, {0.05: 1.0, 0.5: 2.0, 0.95: 3.0}, "LogNormal")[0]
    assert found[0].error < ours.error  # symmetric: not what a log-normal is


@pytest.mark.parametrize(
    ("texts", "piece"),
    [
        (["0.05=2"], "at least two"),
        ([], "at least two"),
        (["0.05:2", "0.95=3"], "cannot read --quantile '0.05:2'"),
        (["0.05=two", "0.95=3"], "cannot read"),
        (["0.05=inf", "0.95=3"], "cannot read"),
        (["nan=1", "0.95=3"], "cannot read"),
        (["5=2", "95=3"], "between 0 and 1"),
        (["0=2", "0.95=3"], "between 0 and 1"),
        (["0.05=2", "0.05=3"], "stated twice"),
        (["0.05=3", "0.95=2"], "out of order"),
        (["0.05=3", "0.95=3"], "out of order"),
    ],
)
def test_quantiles_that_cannot_be_meant_are_refused(texts, piece):
    with pytest.raises(InputError, match=piece) as error:
        read_quantiles(texts)
    assert error.value.remedy


@pytest.mark.parametrize(
    ("parameter", "asked", "family", "piece"),
    [
        (POSITIVE, {0.05: -1.0, 0.95: 2.0}, "auto", "0.05=-1 lies outside 0..inf"),
        (parameters.find("type_1"), {0.05: 0.1, 0.95: 0.7}, "auto", "0.95=0.7 lies outside 0..0.5"),
        (POSITIVE, {0.05: 1.0, 0.95: 2.0}, "Gama", "unknown family 'Gama'"),
        (POSITIVE, {0.05: 1.0, 0.95: 2.0}, "LogitNormal", "LogitNormal cannot stand on g_investment"),
        (parameters.Parameter("x", "1", "any", -np.inf), {0.05: 1.0, 0.95: 2.0}, "LogNormal", "cannot stand on x"),
    ],
)
def test_what_a_parameter_cannot_be_is_refused(parameter, asked, family, piece):
    with pytest.raises(InputError, match=piece):
        fits(parameter, asked, family)


@pytest.mark.parametrize("source", ['"quoted" \\ back', "two\nlines", "tab\tand \x07 bell", "π ≠ 3", '"""'])
def test_an_entry_holds_any_source(source):
    fit = fits(POSITIVE, {0.05: 2.0, 0.95: 2.9})[0]
    held = tomllib.loads(entry(POSITIVE, fit, source))["parameters"]["g_investment"]
    assert held["source"] == source
    assert (held["prior"], held["unit"]) == (fit.prior.text, "per year")


def test_an_entry_needs_a_source():
    with pytest.raises(InputError, match="needs a source"):
        entry(POSITIVE, fits(POSITIVE, {0.05: 2.0, 0.95: 2.9})[0], "  ")


# The command


@pytest.mark.long
def test_the_command_writes_a_prior_set_that_can_be_forecast_with(run_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_cli("elicit", "g_investment", *ASKED, "--out", "our beliefs.toml").code == 0
    answer = run_cli("elicit", "g_price", "--quantile", "0.1=1.5", "--quantile", "0.9=4", "--source", "Me", "--out",
                     "our beliefs.toml")  # fmt: skip
    assert (answer.code, answer.err) == (0, "")
    held, base = library.load_priors("our beliefs.toml"), library.load_priors("literature")
    assert set(held.belief.names) == set(base.belief.names)  # what was not asked is the literature's
    assert held.belief.quantile("g_hardware", 0.95) == base.belief.quantile("g_hardware", 0.95)
    assert held.belief.quantile("g_investment", 0.95) == pytest.approx(2.9, rel=1e-4)
    again = run_cli("elicit", "g_price", *ASKED, "--out", "our beliefs.toml")
    assert (again.code, "has a prior of g_price already" in again.err) == (2, True)
    assert run_cli("forecast", "paper", "--priors", "our beliefs.toml", "--draws", 250, "--quiet").code == 0
    replayed = run_cli("replay", "out/paper", "--json")
    assert json.loads(replayed.out)["different"] == []
    assert (tmp_path / "out" / "priors" / "g_price-elicited.png").read_bytes()[:4] == b"\x89PNG"


def test_the_command_prints_an_entry_and_leaves_no_set_without_out(run_cli, tmp_path):
    answer = run_cli("elicit", "g_investment", *ASKED, "--picture", tmp_path)
    printed = answer.out[answer.out.index("[parameters.") : answer.out.index("picture")]
    whole = 'schema = 1\nname = "x"\ntitle = "x"\ndescription = "x"\n' + printed
    assert PriorSet.model_validate(tomllib.loads(whole)).belief.names == ("g_investment",)
    assert [file.name for file in tmp_path.iterdir()] == ["g_investment-elicited.png"]
    document = json.loads(run_cli("elicit", "g_investment", *ASKED, "--picture", tmp_path, "--json").out)
    assert document["taken"]["family"] == "LogNormal"
    assert document["taken"]["stated"] == {"0.05": 2.0, "0.95": 2.9}


def test_a_benchmarks_parameter_has_the_benchmarks_unit(run_cli, tmp_path):
    asked = ["--quantile", "0.05=87", "--quantile", "0.95=97", "--source", "Me", "--picture", tmp_path, "--json"]
    document = json.loads(run_cli("elicit", "mmlu_pro_ceiling", *asked).out)
    assert 'unit = "points"' in document["entry"]
    assert document["taken"]["family"] == "LogitNormal"  # nobody scores more than 100


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        (["g_invest", *ASKED], "Did you mean 'g_investment'?"),
        (["g_investment", *ASKED[:4], "--source", " "], "needs a source"),
        (["g_investment", *ASKED, "--family", "Cauchy"], "unknown family"),
        (["g_investment", "--quantile", "0.05=-2", "--quantile", "0.95=3", "--source", "Me"], "lies outside"),
    ],
)
def test_mistakes_cost_one_message_and_no_file(run_cli, tmp_path, arguments, piece):
    answer = run_cli("elicit", *arguments, "--picture", tmp_path / "p", "--out", tmp_path / "x.toml")
    assert (answer.code, answer.out) == (2, "")
    assert piece in answer.err
    assert not list(tmp_path.iterdir())


def test_a_source_is_required(run_cli):
    answer = run_cli("elicit", "g_investment", *ASKED[:4])
    assert answer.code == 2
    assert "--source" in answer.err


def test_a_set_that_has_the_parameter_is_left_as_it_is(run_cli, edited, tmp_path):
    for file, piece in ((edited("priors", "wide"), "has a prior of g_investment already"),
                        (edited("models", "paper", to="card.toml"), "is no prior set"),
                        (str(tmp_path), "is a folder")):  # fmt: skip
        before = library.Path(file).read_bytes() if not library.Path(file).is_dir() else None
        answer = run_cli("elicit", "g_investment", *ASKED, "--out", file, "--picture", tmp_path / "p")
        assert answer.code == 2
        assert piece in answer.err
        assert before is None or library.Path(file).read_bytes() == before
    assert not (tmp_path / "p").exists()


def test_without_preliz_comparison_names_its_group(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "preliz", None)
    with pytest.raises(InputError, match="preliz") as error:
        beyond(POSITIVE, {0.05: 2.0, 0.95: 2.9})
    assert error.value.remedy == "pip install 'meekcast[elicitation]'"
