"""Paths of several followers: their order does not matter, each is what it is alone, scenarios level every one."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.forecasts.predictions import predict
from meekcast.forecasts.questions.never import never
from meekcast.forecasts.questions.when import when
from meekcast.inference import densities
from meekcast.inference.sampler import Settings
from meekcast.inputs import gather
from meekcast.model import theory
from meekcast.model.realised import departing
from meekcast.vocabulary.grammar import parse
from meekcast.whatif.governance import RULES, governance
from meekcast.whatif.scenarios import Scenario, intervened
from meekcast.whatif.world import World

OWN = ("R", "lead_sd", "lead_memory", "lead_departure")
GROWTH = {"cheap": "g_price", "open": "g_spending", "small": "g_overtraining"}
ORDERS = [("cheap", "open", "small"), ("small", "cheap", "open"), ("open", "small", "cheap")]
GRID = np.linspace(2024, 2036, 60)


def names_of(follower, order):
    """What a follower's own parameters are called on a card that lists its followers in this order."""
    prefix = "" if order[0] == follower else f"{follower}_"
    return {name: f"{prefix}{name}" for name in (*OWN, GROWTH[follower])}


def reordered(draws, before, after):
    """The same draws under the names of a card that lists some of the followers in another order.

    All trail one frontier, C0 R, so that C0 is that of the follower that is first now.
    """
    own = {name for follower in before for name in names_of(follower, before).values()}
    found = {name: values for name, values in draws.items() if name not in own}
    for follower in after:
        was, now = names_of(follower, before), names_of(follower, after)
        found |= {now[general]: draws[was[general]] for general in now}
    return found | {"C0": draws["C0"] * draws["R"] / found["R"]}


def paths_of(inputs, draws):
    """Paths at the months of the evidence, where departures are known and nothing is drawn."""
    columns = {name: draws[name][:, None] for name in inputs.belief.names}
    paths = departing(inputs.card, theory.theoretical_paths(inputs.card, columns, inputs.evidence_times), draws)
    return dict(zip(("frontier", *inputs.card.follower_names), paths.actors(), strict=True))


def without_departures(inputs):
    return dataclasses.replace(inputs, card=inputs.card.model_copy(update={"discrepancy": "none"}))


@pytest.mark.parametrize("after", ORDERS[1:])
def test_the_order_of_followers_does_not_matter(followed, draws_of, after):
    one, other = followed(*ORDERS[0]), followed(*after, name="other")
    draws = draws_of(one)
    same = reordered(draws, ORDERS[0], after)
    assert same.keys() == draws_of(other).keys()
    first, second = paths_of(one, draws), paths_of(other, same)
    for actor, path in first.items():
        np.testing.assert_allclose(second[actor], path, rtol=1e-12)
    told, again = (densities.log_likelihood(i, d)["mmlu_pro"].sum(axis=1) for i, d in ((one, draws), (other, same)))
    np.testing.assert_allclose(again, told, rtol=1e-9)


def test_beyond_the_evidence_the_order_changes_no_distribution(followed, draws_of):
    before, after = ("cheap", "small"), ("small", "cheap")
    one, other = followed(*before), followed(*after, name="other")
    draws, times = draws_of(one, 4000), np.array([2027.0, 2029.0])
    first, second = predict(one, draws, times, 0), predict(other, reordered(draws, before, after), times, 0)
    for name, same in (("lead", "cheap_lead"), ("small_lead", "lead"), ("mmlu_pro_frontier", "mmlu_pro_frontier")):
        quartiles = [np.quantile(found, (0.25, 0.5, 0.75), axis=0) for found in (first[name], second[same])]
        assert (first[name] != second[same]).any()  # other random numbers
        np.testing.assert_allclose(*quartiles, rtol=0.1)


def second_of_two(alone, pair, follower, draws):
    """Draws of a card with one follower, as those of a card on which it stands behind the cheap models."""
    own = names_of(follower, (follower,))
    found = {name: values for name, values in draws.items() if name not in own}
    found |= {f"{follower}_{name}": draws[name] for name in own}
    found |= {name: values for name, values in pair.items() if name in names_of("cheap", ("cheap",))}
    return found | {"C0": draws["C0"] * draws["R"] / found["R"]}


@pytest.mark.parametrize("follower", ["open", "small"])
def test_a_follower_is_what_it_is_whether_it_stands_alone_or_second(followed, draws_of, follower):
    alone, pair = followed(follower), followed("cheap", follower, name="pair")
    draws = draws_of(alone)
    both = second_of_two(alone, draws_of(pair, seed=1), follower, draws)
    # The months of evidence differ; the departures of the one are known in those of the other
    k = len(alone.evidence_times)
    shifted = round((alone.evidence_times[0] - pair.evidence_times[0]) * 12)
    assert (shifted, k) == (0, len(pair.evidence_times))
    a, b = paths_of(alone, draws), paths_of(pair, both)
    for actor in ("frontier", follower):
        np.testing.assert_allclose(b[actor], a[actor], rtol=1e-12)
    one = predict(without_departures(alone), draws, GRID, 0)
    two = predict(without_departures(pair), both, GRID, 0)
    between = ("lead", "lag", "lag_behind", "loss_gap", "loss_gap_slope", "tokens", "mmlu_pro_gap")
    of_actors = (
        "loss_frontier", "frontier_effective_compute", "mmlu_pro_frontier", f"loss_{follower}",
        f"{follower}_effective_compute", f"mmlu_pro_{follower}",
    )  # fmt: skip
    for name, same in [*((n, f"{follower}_{n}") for n in between), *((n, n) for n in of_actors)]:
        np.testing.assert_allclose(two[same], one[name], rtol=1e-7, atol=1e-9, err_msg=name)


def test_what_a_follower_grows_by_is_its_own(followed, draws_of):
    inputs = followed("cheap", "open", "small")
    p = {name: values[:1] for name, values in draws_of(inputs).items()}
    start, later = (theory.theoretical_paths(inputs.card, p, t) for t in (0.0, 1.0))
    grown = [(b - a).item() for a, b in zip(start.leads, later.leads, strict=True)]
    assert grown == pytest.approx(
        [
            np.log(p["g_investment"] / p["g_price"]).item(),
            np.log(p["g_investment"] / p["open_g_spending"]).item(),
            np.log(p["g_investment"] * p["g_hardware"] / p["small_g_overtraining"]).item(),
        ]
    )
    assert [lead.item() for lead in start.leads] == pytest.approx(
        [np.log(p[name]).item() for name in ("R", "open_R", "small_R")]
    )
    for follower, own in zip(inputs.card.followers, grown, strict=True):
        rates = theory.rates(inputs.card, follower, theory.parameters_of(inputs.card, follower, p), 0.5)
        assert rates.lead.item() == pytest.approx(own)
        assert (rates.frontier - rates.follower).item() == pytest.approx(own)


def test_leads_are_never_negative_and_no_follower_is_above_the_frontier(followed, draws_of):
    inputs = followed("cheap", "open", "small")
    found = predict(inputs, draws_of(inputs), GRID, 0)
    for name in ("lead", "open_lead", "small_lead", "mmlu_pro_gap", "open_mmlu_pro_gap", "small_loss_gap"):
        assert float(found[name].min()) >= 0
        assert found[name].attrs["valid_min"] == 0
    for prefix in ("", "open_", "small_"):
        shown = found[f"{prefix}mmlu_pro_gap_observed"]
        assert float(shown.min()) >= 0


def test_the_gap_that_is_shown_starts_from_each_followers_own_records(followed, draws_of):
    inputs = followed("cheap", "open", "small")
    (table,) = inputs.tables
    best = {
        actor: max(row.score for row in table.records_of(actor)) for actor in ("frontier", "cheap", "open", "small")
    }
    at = np.array([2025.99])  # before the date up to which the table is known, after which contenders come
    found = predict(inputs, draws_of(inputs), at, 0)
    for follower, prefix in (("cheap", ""), ("open", "open_"), ("small", "small_")):
        assert set(found[f"{prefix}mmlu_pro_gap_observed"].to_numpy().ravel()) == {best["frontier"] - best[follower]}


# Never


THEORY = """
schema = 1
extends = "paper"
name = "two"
title = "Two budgets"
story = "Two budgets trail one frontier."
wrong_if = "Never: it is made up."

[[followers]]
name = "budget"
growth = "training"

[[followers]]
name = "rich"
growth = "training"

[parameters.rich_R]
prior = 0.001
unit = "ratio"
source = "made up by a test"
"""


@pytest.fixture
def two(tmp_path):
    file = tmp_path / "two.toml"
    file.write_text(THEORY, encoding="utf-8")
    return gather(str(file), "literature")


@pytest.mark.parametrize("asked", ["loss_gap < 0.05", "loss_gap < 2", "tokens > 1000", "loss_gap_slope < 0"])
def test_what_never_happens_to_a_named_follower_is_what_never_happens_to_it_alone(two, asked):
    draws = two.belief.draw(2000, np.random.default_rng(0))
    draws["g_hardware"] = np.where(np.arange(2000) % 2, draws["g_hardware"], 0.3)  # half of the budgets shrink
    draws["g_algorithms"] = np.where(np.arange(2000) % 2, draws["g_algorithms"], 1.0)
    alone = {**draws, "R": draws["rich_R"], "C0": draws["C0"] * draws["R"] / draws["rich_R"]}
    paper = gather("paper").card
    for said in (f"rich_{asked}", asked.replace(" ", " of rich ", 1)):
        found = never(two.card, parse(said), draws)
        np.testing.assert_array_equal(found, never(paper, parse(asked), alone))
    np.testing.assert_array_equal(never(two.card, parse(asked), draws), never(paper, parse(asked), draws))
    assert 0 < never(paper, parse("loss_gap < 0.05"), alone).mean() < 1
    assert never(two.card, parse(f"{asked} and rich_{asked}"), draws) is None  # only of one condition


def test_events_about_a_named_follower_are_dated(two):
    found = World.of(two, Settings(draws=100)).source()
    overtaken = when("lead of rich > 0", found)
    alone = when("lead > 0", found)
    assert (overtaken.dates > alone.dates).all()  # 1,000 times the money lasts some years


# Scenarios


@pytest.fixture
def world(followed, monkeypatch, prior_fit):
    from meekcast.inference import posterior

    monkeypatch.setattr(posterior, "sampled", prior_fit())
    return World.of(followed("cheap", "open", "small"), Settings(draws=25))


def changed(**changes):
    return Scenario.model_validate({"name": "changed", **changes})


def test_a_change_of_course_leaves_the_past_of_every_follower_and_levels_each_at_the_date(world):
    source, date = world.source(), dt.date(2028, 1, 1)
    after = intervened(changed(shift={"g_investment": "x0.7"}, **{"from": date}), world, source)
    past, times = source.times < 2028, source.times
    first = np.flatnonzero(times >= 2028)[0]
    for name in ("frontier_effective_compute", *(f"{f}_effective_compute" for f in ("cheap", "open", "small"))):
        before, later = np.log(source.read(name)), np.log(after.read(name))
        np.testing.assert_array_equal(later[:, past], before[:, past])
        np.testing.assert_allclose(later[:, first], before[:, first], atol=0.1)  # theory is level, to a month's growth
    for prefix in ("", "open_", "small_"):
        lead, lag = (after.read(f"{prefix}{name}") for name in ("lead", "lag_behind"))
        np.testing.assert_array_equal(lag[:, past], source.read(f"{prefix}lag_behind")[:, past])
        assert (lead[:, -1] < source.read(f"{prefix}lead")[:, -1]).all()  # the frontier spends less


def test_what_changes_nothing_leaves_every_follower_where_it_is(world):
    source = world.source()
    after = intervened(changed(shift={"small_g_overtraining": "x1"}, **{"from": dt.date(2028, 1, 1)}), world, source)
    for name in source.labels:
        if not name.endswith("_gap_observed"):
            np.testing.assert_allclose(after.read(name), source.read(name), rtol=1e-6, atol=1e-9, err_msg=name)


def test_a_change_of_one_follower_moves_it_alone(world):
    source = world.source()
    after = intervened(changed(shift={"open_g_spending": "x0.5"}, **{"from": dt.date(2028, 1, 1)}), world, source)
    assert (after.read("open_lead")[:, -1] > source.read("open_lead")[:, -1]).all()
    for name in ("lead", "small_lead", "frontier_effective_compute"):
        np.testing.assert_allclose(after.read(name), source.read(name), rtol=1e-9, atol=1e-9)


def test_another_budget_needs_a_first_follower_that_trains(world):
    with pytest.raises(InputError, match="follower 'cheap' has growth = 'price_band'"):
        world.source(1e6)


def test_another_budget_leaves_the_other_follower_and_the_frontier(two):
    world = World.of(two, Settings(draws=50))
    source, richer = world.source(), world.source(1e6)
    for name in ("frontier_effective_compute", "rich_effective_compute", "rich_lag"):
        np.testing.assert_allclose(richer.read(name), source.read(name), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(richer.read("budget_compute"), 1000 * source.read("budget_compute"))


def test_rules_on_compute_are_about_the_first_follower_whatever_its_name(world):
    source = world.source()
    passings = governance(lambda usd: source, RULES, [None], (), 2026.9)
    assert [(p.rule, p.counted) for p in passings] == [(rule, "effective") for rule in RULES]
    for p in passings:
        asked = when(f"level of cheap >= {p.rule.flop:g} FLOP", source)
        np.testing.assert_array_equal(p.answer.dates, asked.dates)
