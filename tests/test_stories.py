"""Every story card: its components do what its text says, against formulas written out by hand."""

import numpy as np
import pytest

from meekcast.cards import library
from meekcast.forecasts.forecast import forecast
from meekcast.inputs import Override, gather
from meekcast.model import theory
from meekcast.model.components import ALGORITHMS, EXTRAS, GROWTH, INVESTMENT, ramp

STORIES = {
    "paper",
    "paper-inference",
    "paper-multistep",
    "capped-spending",
    "late-algorithms",
    "scale-dependent-algorithms",
    "data-wall",
    "unbounded-measure",
    "adversarial-play",
    "test-time-compute",
    "new-paradigm",
    "parameter-proxy",
}
T = np.array([0.0, 1.0, 4.0, 8.0, 20.0])


def values_of(card, **changed):
    """Paper's point values for what every card shares, the medians of the card's own priors for the rest."""
    inputs = gather(card, "paper", [Override(name, str(value)) for name, value in changed.items()])
    return inputs.card, {name: inputs.belief.quantile(name, 0.5) for name in inputs.belief.names}


def lead_and_frontier(card, **changed):
    model, p = values_of(card, **changed)
    paths = theory.theoretical_paths(model, p, T)
    return paths.leads[0], paths.frontier, p


def test_every_story_of_the_paper_ships_as_a_card():
    assert set(library.names("models")) >= STORIES


def test_every_component_name_on_a_card_has_a_term():
    from typing import get_args

    from meekcast.vocabulary import components as named

    assert set(INVESTMENT) == set(get_args(named.Investment))
    assert set(GROWTH) == set(get_args(named.Growth))
    assert set(ALGORITHMS) == set(get_args(named.Algorithms))
    assert set(EXTRAS) == set(get_args(named.Extra))
    assert set(theory.LINK_PARAMETERS) == set(get_args(named.Link))
    assert set(theory.DISCREPANCY_PARAMETERS) == set(get_args(named.Discrepancy))


@pytest.mark.parametrize("name", sorted(STORIES))
def test_the_rates_are_the_slopes_of_the_paths(name):
    card, p = values_of(name)
    h = 1e-5
    t = np.array([0.3, 1.7, 4.4, 8.6, 13.3, 21.1])
    later, earlier = theory.theoretical_paths(card, p, t + h), theory.theoretical_paths(card, p, t - h)
    rates = theory.rates(card, card.followers[0], p, t)
    np.testing.assert_allclose(
        np.broadcast_to(rates.frontier, t.shape), (later.frontier - earlier.frontier) / (2 * h), rtol=1e-6, atol=1e-8
    )
    np.testing.assert_allclose(
        np.broadcast_to(rates.lead, t.shape), (later.leads[0] - earlier.leads[0]) / (2 * h), rtol=1e-6, atol=1e-8
    )
    np.testing.assert_allclose(
        rates.frontier - rates.follower, np.broadcast_to(rates.lead, t.shape), rtol=1e-12, atol=1e-12
    )


def test_the_paper_card_is_the_paper():
    lead, frontier, _ = lead_and_frontier("paper")
    np.testing.assert_allclose(lead, T * np.log(5 / 1.4), rtol=1e-14)
    np.testing.assert_allclose(frontier, np.log(1e20) + T * np.log(1.4 * 2.8 * 5 / 1.4), rtol=1e-14)


def test_a_fixed_price_is_the_papers_inference_equation():
    lead, frontier, _ = lead_and_frontier("paper-inference")
    by_hand = 2 * (np.log(1e-8 * 1e17) + T * np.log(1.4 * 2.8)) + T * np.log(2.8)
    np.testing.assert_allclose(frontier - lead, by_hand, rtol=1e-13)


def test_capped_spending_ends_at_its_ceiling():
    lead, _, _ = lead_and_frontier("capped-spending", spending_cap=1e4)
    assert lead[-1] == pytest.approx(np.log(1e4), rel=1e-3)
    assert np.all(np.diff(lead) > 0)


def test_late_algorithms_leave_the_budget_actor_behind_by_share_and_delay():
    lead, _, p = lead_and_frontier("late-algorithms")
    share, delay, g = p["algorithm_share"], p["algorithm_delay"], np.log(p["g_algorithms"])
    np.testing.assert_allclose(lead - T * np.log(5 / 1.4), T * g - share * g * (T - delay), rtol=1e-12)


def test_own_algorithms_replace_the_shared_rate():
    lead, frontier, p = lead_and_frontier("scale-dependent-algorithms")
    budget = np.log(1e20) + T * np.log(1.4 * p["g_algorithms_budget"])
    np.testing.assert_allclose(frontier - lead, budget, rtol=1e-13)


def test_thinking_longer_is_worth_its_exchange_and_the_budget_actor_has_a_share():
    lead, frontier, p = lead_and_frontier("test-time-compute")
    gained = p["test_time_exchange"] * T * np.log(p["g_test_time"])
    np.testing.assert_allclose(frontier - gained, np.log(1e20) + T * np.log(14.0), rtol=1e-12)
    np.testing.assert_allclose(lead, T * np.log(5 / 1.4) + (1 - p["test_time_share"]) * gained, rtol=1e-12)


def test_a_new_paradigm_lifts_the_frontier_first_and_leaves_no_lead_behind():
    card, p = values_of("new-paradigm")
    start, jump, delay = p["paradigm_time"], p["paradigm_jump"], p["paradigm_delay"]
    t = np.array([start - 1, start + 1, start + delay + 1, start + 30])
    extra = theory.theoretical_paths(card, p, t).leads[0] - t * np.log(5 / 1.4)
    assert extra[0] == pytest.approx(0, abs=1e-12)
    assert extra[1] == pytest.approx(jump * min(delay, 1), rel=1e-9)
    np.testing.assert_allclose(extra[2:], 0, atol=1e-9)


def test_a_ramp_lasts_one_year():
    np.testing.assert_allclose(
        ramp(np.array([1.0, 2.0, 2.5, 3.0, 9.0]), 2.0, 0.4).total, [0, 0, 0.2, 0.4, 0.4], atol=1e-15
    )


def test_behind_a_data_wall_the_loss_gap_keeps_a_floor():
    result = forecast(gather("data-wall", "paper", [Override("data_gap", "0.03"), Override("data_wall_time", "12")]))
    gap = result.predictions["loss_gap"].isel(sample=0)
    assert float(gap.isel(time=-1)) > 0.03
    events = {event.expression: event for event in result.events}
    assert events["tokens > 1000 tokens"].probability_not_by_horizon.value == 1.0
    plain = forecast(gather("paper")).predictions["loss_gap"].isel(sample=0)
    np.testing.assert_allclose((gap - plain).isel(time=slice(160, None)), 0.03, atol=1e-12)


def test_ten_steps_in_a_row_are_the_tenth_power_of_one():
    card, p = values_of("paper-multistep")
    benchmark = card.benchmarks[0]
    single = theory.score(benchmark.model_copy(update={"steps": 1}), p, 60.0)
    assert theory.score(benchmark, p, 60.0) == pytest.approx(100 * (single / 100) ** 10)


LINKS = {  # a card, and how its benchmark is read
    "sigmoid": ("mmlu-pro-alone", {}),
    "sigmoid from the start": ("mmlu-pro-alone", {"reference": "start"}),
    "two steps of a sigmoid": ("mmlu-pro-alone", {"steps": 2}),
    "ten steps of a sigmoid": ("paper-multistep", {}),
    "straight line": ("unbounded-measure", {}),
    "play": ("adversarial-play", {}),
}


@pytest.mark.parametrize("name", LINKS)
def test_the_slope_of_a_score_is_its_derivative(name):
    story, changes = LINKS[name]
    inputs = gather(story)
    p = {of: inputs.belief.quantile(of, 0.5) for of in inputs.belief.names}
    benchmark = inputs.card.benchmarks[0].model_copy(update=changes)
    middle = np.log(p["C0"] * p["R"]) + (0.0 if benchmark.reference != "start" else p["mmlu_pro_difficulty"])
    x, step = middle + np.linspace(-6, 8, 29), 1e-4
    differences = (theory.score(benchmark, p, x + step) - theory.score(benchmark, p, x - step)) / (2 * step)
    found = theory.slope_of(benchmark, p, x)
    assert found.shape == x.shape
    np.testing.assert_allclose(found, differences, rtol=2e-6, atol=1e-9)
    assert (found >= 0).all()
    assert found.max() > 0.5
    assert theory.slope_of(benchmark, p, float(x[7])) == pytest.approx(found[7], rel=1e-12)


def test_play_is_linear_far_below_perfection_and_never_above_it():
    card, p = values_of("adversarial-play")
    benchmark = card.benchmarks[0]
    low = theory.score(benchmark, p, np.array([46.05, 47.05]))
    assert low[1] - low[0] == pytest.approx(p["play_slope"], rel=1e-3)
    assert theory.score(benchmark, p, 500.0) <= p["play_ceiling"]


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(STORIES - {"unbounded-measure", "parameter-proxy"}))
def test_every_story_without_evidence_forecasts_events_and_bands(name):
    result = forecast(gather(name))
    assert len(result.events) >= 3
    assert not bool(result.bands.isnull().any().to_array().any())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('investment = "piecewise"', "needs pieces"),
        ("pieces = [{ after = 5, factor = 1.5 }]", "only it has them"),
        ('extras = ["data_wall", "data_wall"]', "named twice"),
        ('extras = ["data_wal"]', "data_wall"),
        ('investment = "stops"', "stop"),
    ],
)
def test_components_that_do_not_fit_are_refused_by_name(tmp_path, text, message):
    from meekcast.errors import InputError

    card = (library.shelf("models") / "paper.toml").read_text().replace("[[followers]]", f"{text}\n\n[[followers]]")
    file = tmp_path / "mine.toml"
    file.write_text(card)
    with pytest.raises(InputError, match=message):
        gather(str(file))


def test_a_piecewise_path_is_written_on_the_card(tmp_path):
    pieces = "pieces = [{ after = 4, factor = 1.5 }, { after = 8, factor = 1.0 }]"
    text = f'investment = "piecewise"\n{pieces}\n\n[[followers]]'
    file = tmp_path / "mine.toml"
    file.write_text((library.shelf("models") / "paper.toml").read_text().replace("[[followers]]", text))
    inputs = gather(str(file))
    p = {name: inputs.belief.quantile(name, 0.5) for name in inputs.belief.names}
    lead = theory.theoretical_paths(inputs.card, p, T).leads[0]
    g = np.log(5 / 1.4)
    np.testing.assert_allclose(lead, [0, g, 4 * g, 4 * g + 4 * np.log(1.5), 4 * g + 4 * np.log(1.5)], rtol=1e-12)


def test_the_variants_of_the_leaderboard_read_the_same_evidence_and_differ_in_one_thing():
    base = gather("leaderboard")
    for name in library.variants("leaderboard")[1:]:
        inputs = gather(name)
        assert [t.name for t in inputs.tables] == [t.name for t in base.tables]
        assert inputs.card.events == base.card.events
        common = [n for n in inputs.belief.names if n in base.belief.names]
        for parameter in common:
            assert inputs.belief.quantile(parameter, 0.5) == base.belief.quantile(parameter, 0.5)
    assert gather("leaderboard-no-departures").card.discrepancy == "none"


def test_capped_spending_on_the_leaderboard_bends_after_the_evidence():
    """Within the years of evidence the story is the leaderboard's, to a tenth of a ln FLOP; by 2033 it is not."""
    t = np.array([1.0, 2.4, 9.0])
    card, p = values_of("leaderboard-capped")
    plain = theory.theoretical_paths(library.load_card("leaderboard"), p, t).leads[0]
    lost = plain - theory.theoretical_paths(card, p, t).leads[0]
    assert (lost[:2] < 0.1).all()
    assert lost[2] > 2
