"""Trends: the fit, the conditioning, the switch; and that nothing changes where it is off."""

import datetime as dt
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import Scale, parse
from meekcast.cards import library
from meekcast.clock import decimal_year
from meekcast.errors import InputError
from meekcast.inputs import Override, gather
from meekcast.observations import TrendTable
from meekcast.observations.measurement import MIN_SD
from meekcast.observations.trends import slope
from meekcast.runs.diff import differences
from meekcast.runs.gathered import gather_again
from meekcast.runs.read import open_run
from meekcast.runs.verify import read_manifest

IDENTITY, LOG, LOGIT = Scale(), Scale("log", 0.0, math.inf), Scale("logit", 0.0, 1.0)
TRIPLE = Belief(
    ("a", "b", "c"),
    (IDENTITY, LOG, LOGIT),
    np.array([1.0, -0.5, 2.0]),
    np.array([[1.0, 0.6, 0.0], [0.6, 2.0, -0.3], [0.0, -0.3, 0.5]]),
)


def trend(*rows, **changes):
    """A table with rows (date, value), growing fourfold a year where none are given."""
    rows = rows or [(f"{year}-01-01", 4.0 ** (year - 2018)) for year in range(2018, 2024)]
    return TrendTable(
        **{
            "schema": 1, "name": "t", "title": "T", "kind": "trend", "parameter": "g_investment", "unit": "USD",
            "extra_sd": 0.0, "rationale": "r", "source": "s", "licence": "l",
            "rows": [
                {"date": dt.date.fromisoformat(d), "value": v, "label": f"row {i}"} for i, (d, v) in enumerate(rows)
            ],
        }
        | changes
    )  # fmt: skip


def interval(belief, name):
    return [belief.quantile(name, p) for p in (0.05, 0.5, 0.95)]


# The fit


def noisy(seed, n=40, sd=0.5):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(2015, 2025, n))
    return x, 1.3 * (x - 2020) + rng.normal(0, sd, n)


@pytest.mark.parametrize("seed", range(3))
def test_the_slope_is_that_of_scipy_and_its_error_close_to_it_where_the_scatter_is_even(seed):
    x, y = noisy(seed, n=400)
    found, error = slope(x, y)
    other = stats.linregress(x, y)
    assert found == pytest.approx(other.slope, rel=1e-10)
    assert error == pytest.approx(other.stderr, rel=0.12)


def test_the_error_is_hc3_by_the_textbooks_matrices_stretched_to_students_interval():
    x, y = noisy(5, n=9)
    design = np.column_stack([np.ones_like(x), x - 2020])
    inverse = np.linalg.inv(design.T @ design)
    residual = y - design @ inverse @ design.T @ y
    leverage = np.diag(design @ inverse @ design.T)
    sandwich = inverse @ design.T @ np.diag((residual / (1 - leverage)) ** 2) @ design @ inverse
    _, error = slope(x, y)
    half = stats.t(7).ppf(0.95) * math.sqrt(sandwich[1, 1])
    assert stats.norm.ppf(0.95) * error == pytest.approx(half)


def test_the_interval_covers_the_truth_where_scatter_grows_along_the_line():
    rng = np.random.default_rng(3)
    x = np.linspace(2019, 2025, 20)
    inside = 0
    for _ in range(600):
        found, error = slope(x, 1.3 * x + rng.normal(0, 0.05 + 0.3 * (x - 2019)))
        inside += abs(found - 1.3) < stats.norm.ppf(0.95) * error
    assert inside / 600 == pytest.approx(0.90, abs=0.05)


def test_values_on_a_line_say_its_growth_and_never_exactly():
    (rows,) = {trend().measurement().rows}
    found = trend().measurement()
    assert rows == 6
    assert math.exp(found.mean[0]) == pytest.approx(4.0, rel=2e-3)  # leap years
    assert MIN_SD <= math.sqrt(found.covariance[0, 0]) < 2 * MIN_SD


def test_the_extra_sd_adds_in_square():
    plain, widened = (
        trend(*(("2018-01-01", 1), ("2019-03-01", 9), ("2020-01-01", 11), ("2021-06-01", 90)), extra_sd=sd)
        for sd in (0.0, 0.3)
    )
    added = widened.measurement().covariance - plain.measurement().covariance
    np.testing.assert_allclose(added, [[0.09]])
    assert widened.measurement().mean == plain.measurement().mean


def test_the_shipped_trends_against_scipy():
    for name, window, growth in (("training-costs", 2019.0, 3.964), ("accelerator-prices", 0.0, 1.441)):
        table = library.load_trend(name)
        rows = [r for r in table.rows if decimal_year(r.date) >= window]
        fit = stats.linregress([decimal_year(r.date) for r in rows], [math.log(r.value) for r in rows])
        found = table.measurement()
        assert found.mean[0] == pytest.approx(fit.slope)
        assert math.exp(fit.slope) == pytest.approx(growth, abs=0.001)
        assert found.rows == len(rows)
        assert (
            fit.stderr
            < math.sqrt(found.covariance[0, 0])
            == pytest.approx(math.hypot(fit.stderr, table.extra_sd), rel=0.1)
        )
        assert table.rationale and table.source and table.licence and table.caveats


def test_facts_of_the_shipped_trends():
    costs = {(r.label, str(r.date)): r.value for r in library.load_trend("training-costs").rows}
    assert costs["GPT-4", "2023-03-15"] == 42.17e6
    assert costs["Grok 4", "2025-07-09"] == 387.8e6
    prices = {r.label: r.value for r in library.load_trend("accelerator-prices").rows}
    assert prices["NVIDIA A100 SXM4 40 GB"] == 20.8e9


# Conditioning


def test_one_measurement_is_the_precision_weighted_mean():
    prior = Belief.independent({"g": parse("LogNormal(3.0, sd 0.4)")})
    after = prior.measured(["g"], [LOG], np.array([math.log(4.0)]), np.array([[0.04]]))
    precision = 1 / 0.16 + 1 / 0.04
    assert after.mean[0] == pytest.approx((math.log(3) / 0.16 + math.log(4) / 0.04) / precision)
    assert after.sd[0] == pytest.approx(precision**-0.5)


def test_a_joint_measurement_has_the_information_form_of_the_textbook():
    at, noise = [1, 2], np.array([[0.3, 0.1], [0.1, 0.2]])
    seen = np.array([0.4, 1.2])
    after = TRIPLE.measured(["b", "c"], [LOG, LOGIT], seen, noise)
    pick = np.eye(3)[at]
    information = np.linalg.inv(TRIPLE.covariance) + pick.T @ np.linalg.inv(noise) @ pick
    covariance = np.linalg.inv(information)
    mean = covariance @ (np.linalg.solve(TRIPLE.covariance, TRIPLE.mean) + pick.T @ np.linalg.solve(noise, seen))
    np.testing.assert_allclose(after.covariance, covariance, atol=1e-12)
    np.testing.assert_allclose(after.mean, mean, atol=1e-12)
    assert after.mean[0] > TRIPLE.mean[0]  # not measured, but tied to what was


def test_conditioning_is_what_weighting_prior_draws_gives():
    n = 400_000
    draws = TRIPLE.draw(n, np.random.default_rng(0))
    u = np.array([draws["a"], np.log(draws["b"]), np.log(draws["c"] / (1 - draws["c"]))])
    after = TRIPLE.measured(["b"], [LOG], np.array([0.8]), np.array([[0.25]]))
    weights = stats.norm(0.8, 0.5).pdf(u[1])
    effective = weights.sum() ** 2 / (weights**2).sum()
    mean = np.average(u, axis=1, weights=weights)
    covariance = np.cov(u, aweights=weights)
    np.testing.assert_allclose(mean, after.mean, atol=5 * after.sd.max() / math.sqrt(effective))
    np.testing.assert_allclose(covariance, after.covariance, atol=0.02)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.floats(1e-6, 1e3))
def test_measuring_narrows_and_order_does_not_matter(seen, variance):
    def by(*order):
        belief = TRIPLE
        for name in order:
            i = TRIPLE.index(name)
            belief = belief.measured([name], [TRIPLE.scales[i]], np.array([seen[i]]), np.array([[variance]]))
        return belief

    one, other = by("a", "c"), by("c", "a")
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-7)
    np.testing.assert_allclose(one.covariance, other.covariance, atol=1e-7)
    assert (one.sd <= TRIPLE.sd + 1e-9).all()
    one.factor()


def test_what_is_known_exactly_stays_and_counts_as_known():
    belief = Belief.independent({"g": parse(3.0), "h": parse("LogNormal(1.4, sd 0.1)")})
    after = belief.measured(["g"], [LOG], np.array([2.0]), np.array([[0.01]]))
    assert after.free == ("h",)
    assert after.quantile("g", 0.9) == pytest.approx(3.0)
    assert after.quantile("h", 0.5) == pytest.approx(1.4)


def test_a_prior_on_another_scale_is_refused():
    with pytest.raises(InputError, match="g is measured on the log scale") as error:
        Belief.independent({"g": parse("Normal(3.0, sd 0.1)")}).measured(["g"], [LOG], np.zeros(1), np.eye(1))
    assert "LogNormal(...)" in error.value.remedy


# The switch


def test_nothing_changes_where_no_trend_is_named():
    for card in ("leaderboard", "paper"):
        inputs = gather(card)
        assert inputs.informing == () and inputs.belief is inputs.stated
    off, on = gather("leaderboard").hashes, gather("leaderboard", evidence=["training-costs"]).hashes
    assert {key for key in off if off[key] != on[key]} == {"evidence"}


def test_a_trend_moves_its_parameter_and_what_is_tied_to_it_and_nothing_else():
    before, inputs = gather("leaderboard"), gather("leaderboard", evidence=["training-costs"])
    after = inputs.belief
    m = library.load_trend("training-costs").measurement()
    i, j = after.index("g_investment"), after.index("g_hardware")
    prior, tied = before.belief.covariance[i, i], before.belief.covariance[i, j]
    gain = prior / (prior + m.covariance[0, 0])
    shift = m.mean[0] - before.belief.mean[i]
    assert after.mean[i] == pytest.approx(before.belief.mean[i] + gain * shift)
    assert after.mean[j] == pytest.approx(before.belief.mean[j] + gain * shift * tied / prior)
    assert tied < 0 and after.mean[j] < before.belief.mean[j]
    others = [k for k in range(len(after.names)) if k not in (i, j)]
    np.testing.assert_allclose(after.mean[others], before.belief.mean[others])
    assert "Epoch AI" in inputs.sources()["g_investment"] and "Sevilla" in inputs.sources()["g_investment"]
    assert inputs.sources()["g_hardware"] == before.sources()["g_hardware"]


def test_a_card_can_switch_it_on(edited):
    card = edited(
        "models", "leaderboard", ('discrepancy = "boards"', 'discrepancy = "boards"\ntrends = ["training-costs"]')
    )
    by_card, by_option = gather(card), gather("leaderboard", evidence=["training-costs"])
    np.testing.assert_array_equal(by_card.belief.mean, by_option.belief.mean)
    assert [t.name for t in gather(card, evidence=["training-costs"]).informing] == ["training-costs"]
    both = gather(card, evidence=["accelerator-prices", "mmlu-pro-small"])
    assert [t.name for t in both.informing] == ["training-costs", "accelerator-prices"]
    assert "mmlu-pro-small" in [t.name for t in both.tables]


def test_a_stated_prior_is_conditioned_and_a_fixed_value_stays():
    stated = gather("leaderboard", overrides=[Override("g_investment", "LogNormal(2.0, sd 0.01)")])
    both = gather("leaderboard", overrides=stated.overrides, evidence=["training-costs"])
    assert interval(both.belief, "g_investment") == pytest.approx(interval(stated.belief, "g_investment"), rel=0.01)
    fixed = gather("leaderboard", overrides=[Override("g_investment", "2.4")], evidence=["training-costs"])
    assert interval(fixed.belief, "g_investment") == pytest.approx([2.4] * 3)
    assert gather("paper", evidence=["training-costs"]).belief.is_point


def test_as_of_a_date_only_rows_released_by_then_count_and_the_shapes_stay():
    inputs = gather("leaderboard", evidence=["training-costs"])
    ((_, all_rows),) = inputs.measurements
    ((table, then),) = inputs.at(dt.date(2022, 12, 31)).measurements
    assert then.rows == sum(dt.date(2019, 1, 1) <= r.date <= dt.date(2022, 12, 31) for r in table.rows) < all_rows.rows
    early = inputs.at(dt.date(2019, 1, 31))
    assert early.measurements[0][1] is None
    np.testing.assert_array_equal(early.belief.mean, inputs.stated.mean)
    assert early.sources()["g_investment"] == gather("leaderboard").sources()["g_investment"]
    shapes = {i.belief.factor().shape for i in (inputs, early)}
    assert len(shapes) == 1  # so that one compilation serves all dates


# Bad input

FOUR = [("2020-01-01", 1.0), ("2021-01-01", 2.0), ("2022-01-01", 4.0), ("2023-01-01", 9.0)]


def test_rows_in_any_order_say_the_same():
    one, other = trend(*FOUR), trend(*FOUR[::-1])
    assert one.measurement().mean == pytest.approx(other.measurement().mean, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        (FOUR[:3], {}, "4 rows or more, got 3"),
        (FOUR, {"since": dt.date(2020, 6, 1)}, "4 rows or more, got 3 since 2020-06-01"),
        ([("2020-01-01", v) for v in (1.0, 2.0, 3.0, 4.0)], {}, "3 different dates or more, got 1"),
        ([("2020-01-01", v) for v in (1.0, 2.0, 3.0)] + [("2021-01-01", 4.0)], {}, "different dates or more, got 2"),
        ([*FOUR, ("2024-01-01", -1.0)], {}, "greater than 0"),
        ([*FOUR, ("2024-01-01", 0.0)], {}, "greater than 0"),
        ([*FOUR, ("2024-01-01", math.inf)], {}, "finite"),
        (FOUR, {"extra_sd": -0.1}, "greater than or equal to 0"),
        (FOUR, {"rationale": ""}, "it is blank"),
        (FOUR, {"parameter": "alpha"}, "match pattern"),
    ],
)
def test_a_table_that_is_no_trend_is_refused(rows, changes, message):
    with pytest.raises(ValueError, match=message):
        trend(*rows, **changes)


GPT4 = '  { date = 2023-03-15, value = 4.217e7, label = "GPT-4" },\n'


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        (GPT4, GPT4 * 2, ["duplicate row: GPT-4, 2023-03-15"]),
        ("value = 4.217e7", "value = -4.217e7", ["rows.33.value", "got -42170000.0"]),
        ("date = 2023-03-15", 'date = "2023-03-15"', ["not a date", "Write year-month-day"]),
        ('"g_investment"', '"g_investments"', ["unknown parameter 'g_investments'", "Did you mean 'g_investment'?"]),
        ('"g_investment"', '"g_inference"', ["informs g_inference, which card 'leaderboard' does not have",
                                             "Cards that have it: paper-inference"]),
        ("extra_sd = 0.18", "extra = 0.18", ["unknown key 'extra'", "Did you mean 'extra_sd'?"]),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_with_what_is_allowed(edited, old, new, pieces):
    file = edited("trends", "training-costs", (old, new))
    with pytest.raises(InputError) as error:
        gather("leaderboard", evidence=[file])
    for piece in pieces:
        assert piece in str(error.value)


def test_an_unknown_name_lists_trends_too():
    with pytest.raises(InputError, match="unknown evidence 'training-cost'") as error:
        gather("leaderboard", evidence=["training-cost"])
    assert "Did you mean 'training-costs'?" in error.value.remedy
    assert "mmlu-pro" in error.value.remedy


def test_a_prior_on_another_scale_names_the_evidence(edited):
    file = edited("trends", "training-costs", ('"g_investment"', '"g_price"'))
    with pytest.raises(InputError, match="evidence 'training-costs': g_price is measured on the log scale"):
        gather("leaderboard", overrides=[Override("g_price", "Normal(2.3, sd 0.1)")], evidence=[file])


@pytest.mark.parametrize("name", library.names("trends"))
def test_showing_a_trend_gives_every_row_and_what_it_says(run_cli, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "1000")
    table = library.load_trend(name)
    shown = run_cli("evidence", name)
    assert shown.code == 0
    for text in (table.source, table.licence, f"{table.parameter} ", *(row.label for row in table.rows)):
        assert text in shown.out
    assert run_cli("check", library.shelf("trends") / f"{name}.toml").out.endswith(f"a valid trend, {name!r}\n")


# The result


def test_summary_and_report_have_a_line_on_each_trend(run_cli, tmp_path):
    answer = run_cli(
        "forecast", "paper", "--priors", "literature", "--evidence", "training-costs", "--set", "g_hardware=1.4",
        "--evidence", "accelerator-prices", "--draws", "200", "--today", "2026-11-21", "--out", tmp_path,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    lines = " ".join(answer.out.split())
    assert "training-costs: 56 rows, g_investment 3.96 [2.89, 5.45] (90 %)" in lines
    assert "no effect on g_hardware, known exactly" in lines
    document = json.loads((tmp_path / "paper" / "summary.json").read_text())
    costs, prices = document["evidence"]
    assert (costs["kind"], costs["records_used"], costs["records_in_table"]) == ("trend", 56, 57)
    assert costs["last_date"] == "2025-07-09"
    assert costs["measured"]["g_investment"]["0.5"] == pytest.approx(3.964, abs=0.001)
    assert (costs["known_exactly"], prices["known_exactly"]) == ([], ["g_hardware"])
    assert "Epoch AI" in document["parameters"]["g_investment"]["source"]


def test_a_run_is_made_again_from_its_manifest_alone(run_cli, edited, tmp_path):
    own = edited("trends", "training-costs", ("extra_sd = 0.18", "extra_sd = 0.3"), to="own.toml")
    card = edited("models", "paper", ('clock = "elapsed"', f'clock = "elapsed"\ntrends = ["{own}"]'), to="card.toml")
    asked = ["forecast", card, "--priors", "literature", "--draws", "100", "--today", "2026-11-21", "--quiet"]
    assert run_cli(*asked, "--evidence", "accelerator-prices", "--out", tmp_path).code == 0
    assert run_cli(*asked, "--out", tmp_path / "without").code == 0
    inputs = gather(card, "literature", evidence=["accelerator-prices"])
    Path(own).unlink()
    manifest = read_manifest(tmp_path / "paper" / "manifest.json")
    (tmp_path / "again").mkdir()
    again = gather_again(manifest, tmp_path / "again")
    assert again.hashes == inputs.hashes
    np.testing.assert_array_equal(again.belief.mean, inputs.belief.mean)
    found, _ = differences(open_run(tmp_path / "without" / "paper"), open_run(tmp_path / "paper"))
    assert [(d.where, d.first, d.second) for d in found] == [
        ("evidence accelerator-prices", None, "accelerator-prices")
    ]
