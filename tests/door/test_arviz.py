"""Every function of ArviZ that a PyMC user tries on ``f.tree`` works; warnings are errors."""

import warnings

import arviz
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from meekcast.door.result import Forecast
from meekcast.door.source import Fresh

FEW = ["R", "alpha", "g_price"]


@pytest.fixture(scope="module")
def f(leaderboard):
    return Forecast(Fresh(leaderboard, None))


@pytest.fixture(autouse=True)
def no_windows():
    with matplotlib.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


@pytest.mark.long
@pytest.mark.parametrize(
    "plot",
    [
        lambda tree: arviz.plot_trace(tree),
        lambda tree: arviz.plot_forest(tree),
        lambda tree: arviz.plot_pair(tree, var_names=FEW),
        lambda tree: arviz.plot_ppc_dist(tree),
        lambda tree: arviz.plot_ppc_dist(tree, group="prior_predictive"),
        lambda tree: arviz.plot_prior_posterior(tree),
        lambda tree: arviz.plot_energy(tree),
        lambda tree: arviz.plot_dist(
            tree,
            group="predictions",
            var_names=["mmlu_pro_gap"],
            coords={"time": tree["predictions"]["time"].to_numpy()[[100]]},
        ),
        lambda tree: arviz.plot_loo_pit(tree),
    ],
    ids=[
        "trace",
        "forest",
        "pair",
        "ppc",
        "prior predictive",
        "prior and posterior",
        "energy",
        "predictions",
        "loo-pit",
    ],
)
def test_a_picture_of_arviz_is_drawn(plot, f):
    assert plot(f.tree).viz is not None


def test_a_summary_names_its_interval_and_leaves_out_what_is_known(f):
    table = arviz.summary(f.tree, ci_prob=0.9, ci_kind="eti")
    assert set(table.index) == set(f.inputs.belief.free)
    assert {"eti90_lb", "eti90_ub", "r_hat"} <= set(table.columns)
    own = f.summary(FEW)
    assert list(own.index) == FEW
    assert own["mean"].astype(float).tolist() == pytest.approx([float(f.tree["posterior"][n].mean()) for n in FEW])
    assert {"hdi50_lb", "hdi50_ub"} <= set(f.summary(FEW, ci_prob=0.5, ci_kind="hdi").columns)


def test_leave_one_out_counts_every_datum_once(f):
    with warnings.catch_warnings():  # a statement about the model: thirteen records, each with a departure of its own
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto", category=UserWarning)
        loo = arviz.loo(f.tree, pointwise=True)
    records = f.inputs.data[0][1]
    assert loo.n_data_points == len(records) == f.tree["observed_data"]["mmlu_pro"].size
    assert np.isfinite(loo.elpd_i).all()


def test_power_scaling_finds_prior_and_data(f):
    table = arviz.psense_summary(f.tree, var_names=FEW)
    assert list(table.index) == FEW
    assert np.isfinite(table[["prior", "likelihood"]].to_numpy(dtype=float)).all()


def test_the_one_picture_that_needs_a_new_name_for_alpha(f):
    tree = f.tree.copy()
    tree["posterior"] = tree["posterior"].to_dataset().rename(alpha="exponent")
    assert arviz.plot_psense_dist(tree, var_names=["exponent", "R"]).viz is not None


def test_groups_have_the_names_and_dimensions_that_arviz_expects(f):
    tree = f.tree
    assert set(tree.children) == {
        "posterior", "prior", "sample_stats", "log_prior", "log_likelihood", "observed_data", "posterior_predictive",
        "prior_predictive", "predictions", "bands", "events", "evidence", "departures", "constant_data",
    }  # fmt: skip
    for group in ("posterior", "prior", "log_prior", "log_likelihood", "posterior_predictive", "predictions", "events"):
        assert {"chain", "draw"} <= set(tree[group].dims), group
        for variable in tree[group].data_vars.values():
            assert variable.dims[:2] == ("chain", "draw")
    assert set(tree["prior"].data_vars) == set(tree["posterior"].data_vars)
    assert set(tree["constant_data"].data_vars) == {"slowdown", "type_1", "type_2"}
    for variable in tree["posterior"].data_vars.values():
        assert variable.attrs["units"] and variable.attrs["long_name"]


def test_draws_keep_their_order(f, leaderboard):
    gap = leaderboard.predictions["mmlu_pro_gap"].to_numpy().reshape(4, 1000, -1)
    np.testing.assert_allclose(f.tree["predictions"]["mmlu_pro_gap"], gap, rtol=1e-6)
    assert f.tree["events"]["date"].sel(event=leaderboard.events[0].name).to_numpy().ravel().tolist() == (
        leaderboard.events[0].dates.tolist()
    )


def test_the_prior_is_the_belief_and_has_a_stream_of_its_own(f):
    belief = f.inputs.belief
    for name in FEW:
        drawn = f.tree["prior"][name].to_numpy().ravel()
        assert np.median(drawn) == pytest.approx(belief.quantile(name, 0.5), rel=0.1)
    before = f.tree["posterior"]["R"].to_numpy().ravel()[: drawn.size]
    assert abs(np.corrcoef(f.tree["prior"]["R"].to_numpy().ravel(), before)[0, 1]) < 0.05


def test_replicates_are_those_of_the_predictive_check(f, leaderboard):
    from meekcast.forecasts.checks import predictive_checks

    checks = {check.kind: check for check in predictive_checks(leaderboard)}
    for kind in ("prior", "posterior"):
        found = f.tree[f"{kind}_predictive"]["mmlu_pro"].to_numpy().reshape(4000, -1)
        np.testing.assert_array_equal(found, checks[kind].replicates)


def test_several_benchmarks_are_one_likelihood():
    from meekcast.door.tree import _joint

    def one(name, k):
        return xr.Variable(("chain", "draw", f"{name}_record"), np.full((2, 3, k), float(k)))

    labels = {"a_record": ["a: 1"], "b_record": ["b: 1", "b: 2"]}
    joint = _joint(xr.Dataset({"a": one("a", 1), "b": one("b", 2)}, labels))
    assert list(joint.data_vars) == ["records"]
    assert joint["records"].sizes["record"] == 3
    assert joint["record"].to_numpy().tolist() == ["a: 1", "b: 1", "b: 2"]
    assert joint["records"].to_numpy()[0, 0].tolist() == [1.0, 2.0, 2.0]
