"""Measured losses: the fit finds a known law, its error is honest, and the law conditions the belief jointly."""

import datetime as dt
import math

import numpy as np
import pytest

from meekcast.cards import library
from meekcast.equations.scaling import exponent_in_compute, scale_in_compute
from meekcast.errors import InputError
from meekcast.inputs import Override, gather
from meekcast.observations import LossTable
from meekcast.observations.losses import measured_law

BESIROGLU = (1.8172, 482.0, 2085.4, 0.3478, 0.3658)
POINTS = ("L0", "alpha", "A")


def truth(law=BESIROGLU):
    E, A, B, a, b = law
    return np.array([E, exponent_in_compute(a, b), math.log(scale_in_compute(A, B, a, b))])


def simulated(seed, n=60, noise=0.003, law=BESIROGLU):
    """Models of 3e18 to 3e21 FLOP about the best split, with noise in ln loss."""
    rng = np.random.default_rng(seed)
    E, A, B, a, b = law
    compute = 10 ** rng.uniform(18.5, 21.5, n)
    params = np.sqrt(compute / 120) * np.exp(rng.normal(0, 0.8, n))
    tokens = compute / 6 / params
    loss = (E + A * params**-a + B * tokens**-b) * np.exp(rng.normal(0, noise, n))
    return tuple(zip(params.tolist(), tokens.tolist(), loss.tolist(), strict=True))


def table(points, dates=(), **changes):
    rows = [dict(zip(("params", "tokens", "loss"), p, strict=True)) for p in points]
    for row, date in zip(rows, dates, strict=False):
        row["date"] = date
    return LossTable(
        **{
            "schema": 1, "name": "our-runs", "title": "T", "kind": "losses", "unit": "nats/token", "source": "Ours",
            "licence": "l", "rows": rows,
        }
        | changes
    )  # fmt: skip


def written(tmp_path, points, extra=""):
    rows = "".join(f"  {{ params = {n!r}, tokens = {d!r}, loss = {loss!r} }},\n" for n, d, loss in points)
    file = tmp_path / "our-runs.toml"
    file.write_text(
        'schema = 1\nname = "our-runs"\ntitle = "Our runs"\nkind = "losses"\nunit = "nats/token"\n'
        f'source = "Ours"\nlicence = "Ours"\n{extra}rows = [\n{rows}]\n'
    )
    return str(file)


def test_the_carried_law_is_the_least_loss_over_all_splits():
    E, A, B, a, b = BESIROGLU
    for compute in (1e18, 1e22, 1e26):
        params = compute ** np.linspace(0.2, 0.8, 200_001)
        least = (E + A * params**-a + B * (compute / 6 / params) ** -b).min()
        _, alpha, log_scale = truth()
        assert E + math.exp(log_scale - alpha * math.log(compute)) == pytest.approx(least, rel=1e-7)


def test_the_carried_law_is_the_published_one():
    assert exponent_in_compute(0.34, 0.28) == pytest.approx(0.15355, abs=1e-5)  # Hoffmann et al. 2022, rounded
    assert scale_in_compute(406.4, 410.7, 0.34, 0.28) == pytest.approx(1071.4, abs=0.05)
    literature = library.load_priors("literature").belief
    for name, value in zip(POINTS, truth(), strict=True):  # mean of its bootstraps against the published constants
        assert literature.mean[literature.index(name)] == pytest.approx(value, rel=0.005)


def test_losses_without_noise_give_the_law_back():
    found, covariance = measured_law(simulated(0, n=20, noise=0.0))
    np.testing.assert_allclose(found, truth(), rtol=1e-6)
    assert np.sqrt(np.diag(covariance)).max() < 1e-6
    measurement = table(simulated(0, n=20, noise=0.0), corpus_sd=0.0).measurement()
    assert np.linalg.eigvalsh(measurement.covariance)[0] > 0


def test_an_outlier_counts_little():
    points = list(simulated(3))
    spoilt = measured_law(((*points[0][:2], points[0][2] * 1.3), *points[1:]))[0]
    assert abs(spoilt[1] - measured_law(tuple(points))[0][1]) < 0.003


@pytest.mark.slow
def test_the_stated_error_is_that_of_repeated_simulation():
    fits = [measured_law(simulated(seed)) for seed in range(6)]
    found, sd = np.array([f[0] for f in fits]), np.array([np.sqrt(np.diag(f[1])) for f in fits])
    z = (found - truth()) / sd
    assert np.abs(z).max() < 4
    assert 0.4 < np.sqrt((z**2).mean()) < 1.8
    for _, covariance in fits:  # a steeper law starts higher, as in the literature's prior
        assert covariance[1, 2] / math.sqrt(covariance[1, 1] * covariance[2, 2]) > 0.99


def test_the_spread_between_corpora_turns_the_law_about_1e20_flop():
    plain, widened = (table(simulated(3), corpus_sd=sd).measurement().covariance for sd in (0.0, 0.025))
    at = np.array([0.0, -math.log(1e20), 1.0])  # ln reducible loss at 1e20 FLOP
    assert at @ widened @ at == pytest.approx(at @ plain @ at)
    assert math.sqrt(widened[1, 1] - plain[1, 1]) == pytest.approx(0.025)


def test_losses_move_the_three_together_and_nothing_else(tmp_path):
    file = written(tmp_path, simulated(3), "corpus_sd = 0.005\n")
    before, after = gather("leaderboard").belief, gather("leaderboard", evidence=[file]).belief
    m = library.load_losses(file).measurement()
    at = [before.index(name) for name in POINTS]
    information = [np.linalg.inv(before.covariance[np.ix_(at, at)]), np.linalg.inv(m.covariance)]
    expected = np.linalg.inv(sum(information))
    np.testing.assert_allclose(after.covariance[np.ix_(at, at)], expected, rtol=1e-4)
    pulled = expected @ (information[0] @ before.mean[at] + information[1] @ m.mean)
    np.testing.assert_allclose(after.mean[at], pulled, rtol=1e-5)
    others = [i for i in range(len(before.names)) if i not in at]
    np.testing.assert_array_equal(after.mean[others], before.mean[others])
    assert after.sd[at[1]] < 0.3 * before.sd[at[1]]
    after.factor()


def test_a_fixed_exponent_conditions_the_measurement_of_the_others(tmp_path):
    file = written(tmp_path, simulated(3), "corpus_sd = 0.005\n")
    belief = gather("leaderboard", overrides=[Override("alpha", "0.17")], evidence=[file]).belief
    assert "alpha" not in belief.free
    assert belief.quantile("alpha", 0.5) == pytest.approx(0.17)
    free = gather("leaderboard", evidence=[file]).belief
    assert belief.sd[belief.index("A")] < free.sd[free.index("A")]
    assert gather("paper", evidence=[file]).belief.is_point


def test_a_card_can_name_its_losses_and_only_one_law_counts(edited, tmp_path):
    file = written(tmp_path, simulated(3))
    card = edited("models", "leaderboard", ('discrepancy = "boards"', f'discrepancy = "boards"\nlosses = "{file}"'))
    inputs = gather(card)
    assert [t.name for t in inputs.informing] == ["our-runs"]
    assert inputs.hashes["evidence"] != gather("leaderboard").hashes["evidence"]
    assert "Ours" in inputs.sources()["alpha"]
    other = tmp_path / "more.toml"
    other.write_text((tmp_path / "our-runs.toml").read_text().replace('"our-runs"', '"more"'))
    with pytest.raises(InputError, match="our-runs and more both state losses"):
        gather(card, evidence=[str(other)])


def test_as_of_a_date_only_rows_released_by_then_count():
    early, late = dt.date(2022, 1, 1), dt.date(2024, 1, 1)
    dated = table(simulated(3), [early] * 20 + [late] * 40)
    assert dated.measurement(dt.date(2023, 1, 1)).rows == 20
    assert dated.measurement(dt.date(2021, 1, 1)) is None
    assert dated.measurement().rows == 60
    assert dated.last_date(dt.date(2023, 1, 1)) == early
    undated = table(simulated(3))
    assert undated.measurement(dt.date(2000, 1, 1)).rows == 60
    assert undated.last_date() is None


def test_rows_in_any_order_say_the_same():
    points = simulated(3)
    one, other = table(points).measurement(), table(points[::-1]).measurement()
    np.testing.assert_array_equal(one.mean, other.mean)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (simulated(0, n=9), "10 rows or more, got 9"),
        (simulated(0, n=12)[:11] + simulated(0, n=12)[:1], "duplicate row"),
        ([(1e9, d, loss) for _, d, loss in simulated(0, n=12)], "3 different params or more, got 1"),
        ([(n, 1e10, loss) for n, _, loss in simulated(0, n=12)], "3 different tokens or more, got 1"),
        ([(-n, d, loss) for n, d, loss in simulated(0, n=12)], "greater than 0"),
        ([(n, d, math.nan) for n, d, loss in simulated(0, n=12)], "finite|greater than 0"),
    ],
)
def test_a_table_that_cannot_give_a_law_is_refused(points, message):
    with pytest.raises(ValueError, match=message):
        table(points)


@pytest.mark.long
def test_losses_that_do_not_determine_a_law_are_refused(tmp_path):
    file = written(tmp_path, simulated(0, n=12, noise=0.3))
    with pytest.raises(InputError, match="'our-runs' does not determine a scaling law") as error:
        _ = gather("leaderboard", evidence=[file]).belief
    assert "more different sizes" in error.value.remedy


def test_points_to_fit_a_curve_through_are_another_kind():
    file = library.shelf("points") / "owen2024-mmlu.toml"
    with pytest.raises(InputError, match="unknown key"):
        gather("leaderboard", evidence=[str(file)])


def test_the_command_shows_and_checks_them(run_cli, tmp_path):
    file = written(tmp_path, simulated(3))
    shown = run_cli("evidence", file)
    assert shown.code == 0, shown.err
    assert "alpha 0.1" in shown.out and "tokens" in shown.out
    assert "a valid table of losses, 'our-runs'" in run_cli("check", file).out
