"""What the page computes is what the program computes: at rest, with other beliefs, and in the lines that it offers."""

import re
import shlex

import numpy as np
import pytest

from meekcast.beliefs.prior import parse as parse_prior
from meekcast.report.page.packing import LEVELS
from meekcast.vocabulary.grammar import parse

pytestmark = pytest.mark.browser

BY = [2027.0, 2028.0, 2031.0, 2036.0, 2041.0]
SUFFIXES = {"stays": "", "half": " for 6 months", "first": " first"}
SURE = 4.0
"""Standard errors that chance may explain."""


@pytest.fixture(scope="module")
def numbers(browser, whole):
    """The page with everything, for what only reads its numbers."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(whole.as_uri())
    tab.wait_for_selector("html[data-ready]")
    yield tab
    context.close()


CHANCES = """([name, threshold, below, lasting, by]) =>
    draws.chances(page.draws, { name, threshold, below, lasting }, page.weighed.weights, by)"""


def at_level(paths, j, at, level, n):
    """Whether so many of all draws are below a quantile of n of them, as far as it was rounded."""
    drawn, step = paths[:, j], np.ptp(paths[np.isfinite(paths)]) / LEVELS
    low, high = (np.mean(drawn <= at + sign * step) for sign in (-1, 1))
    return errors(low, level, n) < SURE and errors(high, level, n) > -SURE


def errors(found, p, n):
    """By how many standard errors of n draws shares differ."""
    p = np.asarray(p)
    return (np.asarray(found) - p) / np.sqrt(np.maximum(p * (1 - p), 1 / n) / n)


# At rest


@pytest.mark.parametrize("lasting", SUFFIXES)
@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize(
    ("name", "thresholds"),
    [
        ("mmlu_pro_gap", (0.8, 2, 5)), ("mmlu_pro_gap_observed", (2, 3, 4)), ("lag_behind", (0.25, 0.6, 1.2)),
        ("loss_gap", (0.002, 0.005, 0.01)),
    ],
)  # fmt: skip
def test_probabilities_are_those_of_all_draws(board, numbers, name, thresholds, below, lasting):
    unit, n = board.bands[name].attrs["units"], numbers.evaluate("page.draws.n")
    for threshold in thresholds:
        answer = board.when(f"{name} {'<' if below else '>'} {threshold} {unit}{SUFFIXES[lasting]}")
        found = numbers.evaluate(CHANCES, [name, threshold, below, lasting, BY])
        assert np.abs(errors(found, [np.mean(answer.dates < year) for year in BY], n)).max() < SURE


@pytest.mark.parametrize(("date", "typed"), [(2028.0, "2027"), (2031.0, "2030")])
def test_probabilities_on_a_date_are_those_of_all_draws(board, numbers, date, typed):
    for threshold in (1, 3, 6):
        answer = board.when(f"mmlu_pro_gap < {threshold} points at {typed}")
        found = numbers.evaluate(CHANCES, ["mmlu_pro_gap", threshold, True, "on", [date]])
        assert abs(errors(found, answer.probability.value, 1000)[0]) < SURE


def test_draws_have_the_dates_that_the_program_gives_them(board, numbers):
    """Draw by draw, but for those that cross a threshold within what rounding moves."""
    answer = board.when("lag_behind < 0.6 years for 6 months")
    asked = {"name": "lag_behind", "threshold": 0.6, "below": True, "lasting": "half"}
    found = numbers.evaluate(
        "asked => Array.from(draws.dates(page.draws, asked), (t) => (Number.isFinite(t) ? t : 1e9))", asked
    )
    chosen = np.linspace(0, 3999, 1000).round().astype(int)
    exact = np.where(np.isfinite(answer.dates[chosen]), answer.dates[chosen], 1e9)
    assert np.mean(np.abs(np.asarray(found) - exact) < 0.02) > 0.97


def test_the_answer_shown_is_that_of_the_first_event(board, numbers):
    event = board.document["events"][0]
    assert numbers.inner_text("#ask-command").startswith(f"meekcast when '{event['expression']}'")
    said = int(re.sub(r"\D", "", numbers.inner_text("#ask-chance")))
    assert abs(said / 100 - event["probability_by"]["2030"]["value"]) < SURE * np.sqrt(0.25 / 1000) + 0.005


def test_quantiles_are_the_bands(board, numbers):
    times = np.asarray(numbers.evaluate("page.draws.times"))
    for name in ("mmlu_pro_gap", "lag_behind"):
        bands, drawn = board.bands[name], board.source.draws.read(name)
        found = np.asarray(numbers.evaluate("name => draws.quantiles(page.draws, name, page.equal, LEVELS)", name))
        for date in (2027.0, 2030.0, 2036.0):
            j = int(np.abs(times - date).argmin())
            k = int(np.abs(bands["time"].to_numpy() - times[j]).argmin())
            for level, at in zip((0.05, 0.25, 0.5, 0.75, 0.95), found[j], strict=True):
                assert at_level(drawn, k, at, level, 1000)
                assert at_level(drawn, k, bands.sel(quantile=level)[k].item(), level, 1000)


# With other beliefs


@pytest.fixture
def believing(tab):
    """The page with the belief under which `doubted` was made, typed in its field and set on its slider."""
    tab.fill("#belief-g_price-number", "2.6")
    tab.press("#belief-g_price-number", "Enter")
    sd = tab.evaluate("page.beliefs.find((b) => b.name === 'g_price').sd")
    tab.evaluate(
        """width => { const slider = document.getElementById('belief-g_price-width');
        slider.step = 'any'; slider.value = width; slider.dispatchEvent(new Event('input')); }""",
        0.4 / sd,
    )
    return tab


def test_reweighted_answers_are_those_of_the_program(board, doubted, believing):
    effective = believing.evaluate("page.weighed.effective")
    assert 100 < effective < 1000
    moved = []
    for name, threshold, lasting in (
        ("lag_behind", 0.25, "stays"), ("lag_behind", 0.6, "half"), ("mmlu_pro_gap", 2, "stays"),
        ("mmlu_pro_gap", 5, "first"), ("mmlu_pro_gap_observed", 2, "half"), ("loss_gap", 0.005, "stays"),
    ):  # fmt: skip
        question = f"{name} < {threshold} {board.bands[name].attrs['units']}{SUFFIXES[lasting]}"
        answer = doubted.when(question, by=[2030])
        found = believing.evaluate(CHANCES, [name, threshold, True, lasting, [2031.0]])[0]
        told = answer.probability_by["2030"]
        error = np.hypot(told.error, np.sqrt(max(told.value * (1 - told.value), 1 / effective) / effective))
        assert abs(found - told.value) < SURE * error, question
        moved.append(abs(board.when(question, by=[2030]).probability_by["2030"].value - told.value))
    assert max(moved) > 0.02  # the belief changes something


def test_reweighted_quantiles_are_those_of_the_program(doubted, believing):
    effective, times = believing.evaluate("page.weighed.effective"), np.asarray(believing.evaluate("page.draws.times"))
    for name in ("mmlu_pro_gap", "lag_behind"):
        drawn = doubted.source.draws
        found = np.asarray(
            believing.evaluate("name => draws.quantiles(page.draws, name, page.weighed.weights, LEVELS)", name)
        )
        j, k = int(np.abs(times - 2030).argmin()), int(np.abs(drawn.times - 2030).argmin())
        for level, at in zip((0.05, 0.25, 0.5, 0.75, 0.95), found[j], strict=True):
            assert at_level(drawn.read(name), k, at, level, effective)


def test_the_cards_own_events_follow(doubted, believing):
    effective = believing.evaluate("page.weighed.effective")
    rows = believing.locator("#answer-changed table").nth(1).locator("tbody tr").all()
    assert len(rows) == len(doubted.document["events"])
    for row, event in zip(rows, doubted.document["events"], strict=True):
        assert row.locator("th").inner_text() == event["name"]
        said = int(re.sub(r"\D", "", row.locator("td").last.inner_text())) / 100
        p = event["probability_by"]["2030"]["value"]
        assert abs(said - p) < SURE * np.sqrt(max(p * (1 - p), 1 / effective) / effective) + 0.01


def test_weights_are_ratios_of_priors(believing):
    told = believing.evaluate(
        "({ weights: Array.from(page.weighed.weights), values: Array.from(page.draws.parameters.g_price),"
        " belief: page.beliefs.find((b) => b.name === 'g_price') })"
    )
    u, belief = np.log(told["values"]), told["belief"]
    log = 0.5 * ((u - belief["mean"]) / belief["sd"]) ** 2 - 0.5 * ((u - np.log(2.6)) / 0.4) ** 2
    weights = np.exp(log - log.max())
    np.testing.assert_allclose(told["weights"], weights / weights.sum(), rtol=1e-3)
    assert believing.evaluate("page.weighed.effective") == pytest.approx(
        1 / np.sum((weights / weights.sum()) ** 2), rel=1e-3
    )


# Lines to copy


@pytest.mark.parametrize("lasting", ["stays", "half", "first", "on"])
def test_the_line_asks_the_program_what_the_page_was_asked(board, tab, lasting):
    for name in tab.eval_on_selector_all("#ask-quantity option", "all => all.map(o => o.value)"):
        tab.select_option("#ask-quantity", name)
        tab.select_option("#ask-lasting", lasting)
        words = shlex.split(tab.inner_text("#ask-command"))
        assert words[:2] == ["meekcast", "when"]
        options = dict(zip(words[3::2], words[4::2], strict=True))
        assert (options["--card"], options["--priors"]) == ("mmlu-pro-alone", "literature")
        asked, expression = tab.evaluate("question(page.state.ask)"), words[2]
        assert ("--by" in options) == (lasting != "on")
        parse(expression)
        answer = board.when(expression, by=[options["--by"]] if "--by" in options else [])
        p = (answer.probability_by[options["--by"]] if "--by" in options else answer.probability).value
        found = tab.evaluate(
            CHANCES, [asked["name"], asked["threshold"], asked["below"], lasting, [tab.evaluate("page.state.ask.date")]]
        )
        assert abs(errors(found, p, 1000)[0]) < SURE, expression


def test_the_line_of_a_month_names_its_first_day(board, tab):
    tab.focus("#ask-date")
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    words = shlex.split(tab.inner_text("#ask-command"))
    by = words[words.index("--by") + 1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", by)
    shown = int(re.sub(r"\D", "", tab.inner_text("#ask-chance"))) / 100
    (told,) = board.when(words[2], by=[by]).probability_by.values()
    assert abs(shown - told.value) < SURE * np.sqrt(0.25 / 1000) + 0.005


def test_every_belief_is_a_prior_that_the_program_reads(tab):
    for belief in tab.evaluate("page.beliefs"):
        tab.focus(f"#belief-{belief['name']}-median")
        for _ in range(5):
            tab.keyboard.press("ArrowRight")
    for line in ("#beliefs-command", "#ask-command"):
        words = shlex.split(tab.inner_text(line))
        priors = dict(w.split("=", 1) for k, w in enumerate(words) if words[k - 1] == "--prior")
        changed = tab.evaluate("page.state.changed")
        assert priors.keys() == changed.keys() != set()
        for name, text in priors.items():
            prior, belief = parse_prior(text), next(b for b in tab.evaluate("page.beliefs") if b["name"] == name)
            assert prior.scale.name == belief["scale"]
            assert prior.mean == pytest.approx(changed[name]["mean"], abs=1e-3 * belief["sd"] + 1e-3)
            assert prior.sd == pytest.approx(changed[name]["sd"], rel=0.005)


def test_a_run_with_a_prior_of_its_own_says_it_once(opened, written, doubted):
    tab = opened(written("doubted", doubted))
    assert "--prior 'g_price=LogNormal(2.6, sd 0.4)'" in tab.inner_text("#ask-command")
    tab.fill("#belief-g_price-number", "2.4")
    tab.press("#belief-g_price-number", "Enter")
    for line in ("#ask-command", "#beliefs-command"):
        words = shlex.split(tab.inner_text(line))
        assert [w for w in words if w.startswith("g_price=")] == ["g_price=LogNormal(2.4, sd 0.4)"]


# Own scripts


def test_positions_on_scales_can_be_undone(numbers):
    for belief, values in (
        ({"scale": "log", "low": 0, "high": None}, [0.1, 1, 30]),
        ({"scale": "identity", "low": None, "high": None}, [-2, 0, 5]),
        ({"scale": "logit", "low": 80, "high": 100}, [81, 90, 99.5]),
    ):
        back = numbers.evaluate(
            "([b, values]) => values.map((x) => draws.value(b, draws.position(b, x)))", [belief, values]
        )
        assert back == pytest.approx(values, rel=1e-9)


def test_what_has_no_number_counts_nowhere(numbers):
    found = numbers.evaluate(
        """() => { const found = { n: 3, times: [0, 1, 2], sorted: {}, paths: { x: Float32Array.from([NaN, 1, 1, NaN, 3, 0, NaN, NaN, NaN]) } };
        const asked = (lasting) => Array.from(draws.dates(found, { name: 'x', threshold: 2, below: true, lasting }), String);
        return { stays: asked('stays'), first: asked('first'), half: asked('half'),
          q: draws.quantiles(found, 'x', [0.5, 0.25, 0.25], [0.5]).map((row) => String(row[0])) }; }"""
    )
    for dates in (found["stays"], found["first"], found["half"]):
        assert [float(date) for date in dates] == pytest.approx([1, 4 / 3, float("inf")])
    assert found["q"] == ["NaN", "1", "1"]


def test_dates_of_events_are_weighted_quantiles(numbers):
    found = numbers.evaluate(
        "draws.dateQuantiles([2030, Infinity, 2028, 2026], [0.1, 0.4, 0.3, 0.2], [0.1, 0.5, 0.95]).map(String)"
    )
    assert found == ["2026", "2028", "Infinity"]


def test_what_else_the_run_was_asked_with_stands_in_the_lines(opened, near_page):
    tab = opened(near_page)
    for line in ("#beliefs-command", "#ask-command"):
        words = shlex.split(tab.inner_text(line))
        assert words[words.index("--until") + 1] == "3"
        assert "--seed" not in words
    assert "--exact" in tab.inner_text("#beliefs-command")  # it says that it samples
