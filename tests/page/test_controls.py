"""Every control of the page moves what it should, by mouse and by keyboard."""

import csv
import re

import pytest

pytestmark = pytest.mark.browser


def chance(tab):
    """The probability that is shown, in percent; below 1 and above 99 are 0 and 100."""
    said = tab.inner_text("#ask-chance").replace("\u00a0", " ")
    return {"<1 %": 0, ">99 %": 100}.get(said) if said in ("<1 %", ">99 %") else int(said.removesuffix(" %"))


def press(tab, control, key, times=1):
    tab.focus(control)
    for _ in range(times):
        tab.keyboard.press(key)


def click_at(tab, slider, share):
    """Set a slider by mouse."""
    tab.locator(slider).scroll_into_view_if_needed()
    box = tab.locator(slider).bounding_box()
    tab.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def drawn(tab, place):
    """What a chart shows, once it is drawn: one that was out of sight shows what was before, until it is seen."""
    tab.locator(place).first.scroll_into_view_if_needed()
    tab.wait_for_selector(f"{place} svg, {place} table", state="attached")
    tab.wait_for_function("place => !document.querySelector(place).matches('[aria-busy]')", arg=place)
    return tab.locator(place).first.inner_html()


def moves(tab, place, act):
    """Do something, and look whether a chart changed."""
    before = drawn(tab, place)
    act()
    return drawn(tab, place) != before


# Ask


def test_the_threshold_moves_the_probability_one_way(tab):
    tab.select_option("#ask-lasting", "on")
    click_at(tab, "#ask-threshold", 0.02)
    found = [chance(tab)]
    for _ in range(15):
        press(tab, "#ask-threshold", "ArrowRight", 8)
        found.append(chance(tab))
    assert found == sorted(found)
    assert found[-1] > found[0] + 20
    tab.select_option("#ask-below", "above")
    assert abs(chance(tab) - (100 - found[-1])) <= 1


def test_the_end_of_the_slider_stays_under_the_hand(tab):
    ends = []
    for share in (0.5, 0.99, 0.99, 0.99):
        click_at(tab, "#ask-threshold", share)
        ends.append(float(tab.get_attribute("#ask-threshold", "max")))
    press(tab, "#ask-threshold", "End", 3)
    assert ends == [ends[0]] * 4
    assert float(tab.get_attribute("#ask-threshold", "max")) == ends[0]
    assert float(tab.input_value("#ask-number")) == pytest.approx(ends[0], rel=0.01)


def test_a_threshold_can_be_typed(tab):
    tab.fill("#ask-number", "250")
    assert "below 250" in tab.inner_text("#ask-words")
    assert float(tab.get_attribute("#ask-threshold", "max")) >= 250
    before = tab.inner_text("#ask-words")
    tab.fill("#ask-number", "")
    assert tab.inner_text("#ask-words") == before


def test_the_date_moves_the_probability_one_way_and_its_words(tab):
    press(tab, "#ask-date", "Home")
    found, words = [], []
    for _ in range(10):
        found.append(chance(tab))
        words.append(tab.inner_text("#ask-date-words"))
        press(tab, "#ask-date", "ArrowRight", 10)
    assert found == sorted(found)
    assert found[-1] > found[0]
    assert len(set(words)) == len(words)
    click_at(tab, "#ask-date", 0.999)
    assert tab.inner_text("#ask-date-words") == "the end of 2040"


def test_how_long_it_lasts_orders_the_probabilities(tab):
    found = {}
    tab.fill("#ask-number", "2")
    press(tab, "#ask-date", "Home")
    for lasting in ("stays", "half", "first"):
        tab.select_option("#ask-lasting", lasting)
        found[lasting] = chance(tab)
    assert found["stays"] <= found["half"] <= found["first"]
    assert found["stays"] < found["first"]


@pytest.mark.parametrize("control", ["#ask-quantity", "#ask-below", "#ask-lasting"])
def test_choices_can_be_made_by_keyboard(tab, control):
    command = tab.inner_text("#ask-command")
    press(tab, control, "ArrowDown")
    tab.wait_for_function("before => document.getElementById('ask-command').textContent !== before", arg=command)


def test_every_question_is_answered_with_its_curve_and_grid(tab):
    for name in tab.eval_on_selector_all("#ask-quantity option", "all => all.map(o => o.value)"):
        assert moves(tab, "#ask-curve", lambda: tab.select_option("#ask-quantity", name)) or name == "mmlu_pro_gap"  # noqa: B023
        assert 0 <= chance(tab) <= 100
        assert tab.locator("#grid td").count() > 20
        assert re.match(r"Median date .+; 90 % interval .+ to .+\.", tab.inner_text("#ask-median"))


def test_the_grid_can_be_saved_as_it_stands(tab):
    tab.fill("#ask-number", "4")
    drawn(tab, "#grid")
    with tab.expect_download() as saved:
        tab.click("#grid-csv")
    with open(saved.value.path(), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert saved.value.suggested_filename.endswith(".csv")
    shown = tab.locator("#grid tbody tr").all()
    assert len(rows) == sum(row.locator("td").count() for row in shown)
    dates = tab.locator("#grid thead th").all_inner_texts()
    for row in shown:
        threshold = float(row.locator("th").inner_text().split()[1])
        of = [r for r in rows if float(r["threshold"]) == threshold]
        assert [r["date"] for r in of] == dates
        told = [f"{100 * float(r['probability']):.0f}" for r in of]
        for text, said in zip(row.locator("td").all_inner_texts(), told, strict=True):
            number = int(re.sub(r"\D", "", text))
            assert abs(number - int(said)) <= 1
    assert {(r["side"], r["lasting"]) for r in rows} == {("below", "stays")}


def test_no_text_of_the_saved_grid_is_a_formula(tab):
    drawn(tab, "#grid")
    tab.evaluate("""page.state.ask.quantity.unit = '=1+1, "x"'""")  # as a summary that was tampered with would have it
    with tab.expect_download() as saved:
        tab.click("#grid-csv")
    with open(saved.value.path(), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["unit"] for row in rows} == {'\'=1+1, "x"'}
    assert all(0 <= float(row["probability"]) <= 1 for row in rows)


@pytest.mark.parametrize(("button", "text"), [("#ask-copy", "#ask-command"), ("#beliefs-copy", "#beliefs-command")])
def test_commands_can_be_copied(opened, whole, button, text):
    tab = opened(whole, permissions=["clipboard-read", "clipboard-write"])
    press(tab, button, "Enter")
    tab.wait_for_function("button => document.querySelector(button).textContent === 'copied'", arg=button)
    assert tab.evaluate("navigator.clipboard.readText()") == tab.inner_text(text)


# Disagree

BELIEF = "#belief-g_price"


def test_beliefs_move_everything_and_can_be_taken_back(tab):
    rest, curve = chance(tab), drawn(tab, "#ask-curve")
    assert tab.is_hidden("#answer-changed")
    assert tab.is_hidden("#bar")
    press(tab, f"{BELIEF}-median", "ArrowRight", 12)
    assert "effective draws" in tab.inner_text("#beliefs-status")
    assert drawn(tab, "#ask-curve") != curve
    assert "With your beliefs" in tab.inner_text("#answer-changed")
    assert "effective draws" in tab.inner_text("#bar-words")
    assert "--prior 'g_price=LogNormal(" in tab.inner_text("#beliefs-command")
    assert "--prior 'g_price=LogNormal(" in tab.inner_text("#ask-command")
    tab.locator("#beliefs-reset").scroll_into_view_if_needed()
    tab.wait_for_function("() => document.querySelector('#ask-curve').far")
    tab.click("#beliefs-reset")
    assert tab.get_attribute("#ask-curve", "aria-busy") == "true"
    assert (chance(tab), drawn(tab, "#ask-curve")) == (rest, curve)
    assert tab.is_hidden("#answer-changed")
    assert tab.is_hidden("#bar")
    assert "--prior " not in tab.inner_text("#beliefs-command")


def test_a_median_can_be_typed_and_a_width_narrowed(tab):
    tab.fill(f"{BELIEF}-number", "2.6")
    press(tab, f"{BELIEF}-number", "Enter")
    assert "g_price=LogNormal(2.6, sd " in tab.inner_text("#beliefs-command")
    words = tab.inner_text(f"output[for*='{BELIEF[1:]}-width']")
    before = re.search(r"sd ([\d.]+)\)", tab.inner_text("#beliefs-command"))[1]
    press(tab, f"{BELIEF}-width", "ArrowLeft", 60)
    after = re.search(r"sd ([\d.]+)\)", tab.inner_text("#beliefs-command"))[1]
    assert float(after) < float(before)
    assert tab.inner_text(f"output[for*='{BELIEF[1:]}-width']") != words
    click_at(tab, f"{BELIEF}-width", 0.9)
    assert float(re.search(r"sd ([\d.]+)\)", tab.inner_text("#beliefs-command"))[1]) > float(after)
    tab.fill(f"{BELIEF}-number", "-3")  # no growth factor is negative
    press(tab, f"{BELIEF}-number", "Enter")
    assert "LogNormal(2.6, sd " in tab.inner_text("#beliefs-command")
    assert float(tab.input_value(f"{BELIEF}-number")) == 2.6


def test_too_few_draws_are_refused_in_words_and_nothing_moves(tab):
    shown = ("#ask-chance", "#ask-median", "#ask-error", "#grid", "#look-boards", "#lag-charts", "#decision-table")
    drawn(tab, "#lag-charts")
    before = [tab.inner_text(place) for place in shown], drawn(tab, "#ask-curve")
    press(tab, f"{BELIEF}-width", "Home")
    press(tab, f"{BELIEF}-median", "End")
    status = tab.inner_text("#beliefs-status")
    assert "too few to tell" in status
    assert "Nothing on the page has moved" in status
    assert int(re.search(r"Only (\d+) effective", status)[1]) < 100
    assert "too few draws" in tab.inner_text("#bar-words")
    assert ([tab.inner_text(place) for place in shown], drawn(tab, "#ask-curve")) == before
    tab.click("#beliefs-reset")
    assert "All 1000 draws" in tab.inner_text("#beliefs-status")


# Look


def ticks(tab, place="#look-boards .chart"):
    drawn(tab, place)
    return tab.eval_on_selector_all(
        f"{place} svg [aria-label='x-axis tick label'] text", "all => all.map(t => t.textContent)"
    )


@pytest.mark.parametrize("what", ["true", "scores"])
def test_what_is_looked_at_can_be_chosen(tab, what):
    assert moves(tab, "#look-boards .chart", lambda: tab.select_option("#look-what", what))
    press(tab, "#look-what", "Home")
    assert tab.input_value("#look-what") == "seen"


def test_axes_can_be_logarithmic(tab):
    assert moves(tab, "#look-boards .chart", lambda: press(tab, "#look-scale", "ArrowDown"))
    assert tab.input_value("#look-scale") == "log"
    assert "NaN" not in drawn(tab, "#look-boards .chart")


def test_time_can_be_zoomed_by_buttons_and_by_dragging(tab):
    all_of_it = ticks(tab)
    press(tab, "#look-in", "Enter", 3)
    near = ticks(tab)
    assert near != all_of_it
    tab.click("#look-out")
    assert ticks(tab) != near
    press(tab, "#look-reset", "Space")
    assert ticks(tab) == all_of_it
    box = tab.locator("#look-boards .chart svg").bounding_box()
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.3 * box["width"], y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.6 * box["width"], y, steps=5)
    tab.mouse.up()
    assert ticks(tab) != all_of_it
    tab.mouse.dblclick(box["x"] + 0.5 * box["width"], y)
    assert ticks(tab) == all_of_it


def test_a_point_tells_its_model_price_and_source(tab):
    tab.select_option("#look-what", "scores")
    drawn(tab, "#look-boards .chart")
    point = tab.locator("#look-boards svg [aria-label='dot'] circle").nth(3)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = tab.locator("#look-boards svg [aria-label='tip']").first
    tip.locator("text").first.wait_for()
    said = tab.locator("#look-boards svg").first.text_content()
    for word in ("model", "price", "source", "score", "Artificial Analysis"):
        assert word in said


def test_a_follower_can_be_looked_at_alone(opened, followers_page, content_of):
    tab, followers = opened(followers_page), content_of(followers_page)["summary"]["followers"]
    count = lambda: tab.locator("#look-boards figure:visible").count()  # noqa: E731
    drawn(tab, "#look-boards .chart")
    alone = count()
    assert moves(tab, "#look-boards .chart", lambda: tab.select_option("#look-follower", ""))
    assert count() >= alone > 0
    assert tab.locator("#lag-charts figure").count() == len(followers)


# The rest


def test_past_forecasts_can_be_chosen(tab):
    press(tab, "#past-horizon", "ArrowDown")
    assert tab.input_value("#past-horizon") == "1"
    assert drawn(tab, "#past-charts .chart")
    assert moves(tab, "#past-pit", lambda: tab.select_option("#past-horizon", "0.5"))
    tab.select_option("#past-who", "card")
    assert drawn(tab, "#past-reliability")


def test_losses_can_be_put_in(tab):
    def expected():
        return [float(re.sub(r"[^\d.]", "", t)) for t in tab.locator("#decision-table td.mixed").all_inner_texts()]

    losses = tab.locator("#decision-table tbody tr").first.locator("input")
    for k in range(losses.count()):
        losses.nth(k).fill("7")
    assert expected()[0] == 7
    losses.nth(0).press("ArrowUp")
    assert expected()[0] > 7 or chance(tab) == 0
    assert tab.locator("#decision-table .best").count() == 1
    edges = tab.locator("#decision-table thead input")
    edges.nth(0).fill("2050")
    assert "do not increase" in tab.inner_text("#decision-words")
    assert tab.locator("#decision-table .best").count() == 0
    edges.nth(0).fill("2027")
    assert "Least is lost" in tab.inner_text("#decision-words")


def test_stories_mix_by_their_weights(tab, content_of, whole):
    stories = content_of(whole)["stories"]
    year = list(stories[0]["events"][0]["probability_by"])[1]
    p, q = ([e["probability_by"][year]["value"] for e in s["events"]] for s in stories)

    def mixed():
        return [int(re.sub(r"\D", "", t)) for t in tab.locator("#stories td.mixed").all_inner_texts()]

    sliders = tab.locator("#stories input[type=range]")
    assert mixed() == pytest.approx([100 * (a + b) / 2 for a, b in zip(p, q, strict=True)], abs=1.01)
    sliders.nth(1).press("Home")
    assert mixed() == pytest.approx([100 * a for a in p], abs=1.01)
    sliders.nth(0).press("Home")
    assert set(tab.locator("#stories td.mixed").all_inner_texts()) == {"no weight"}
    sliders.nth(1).press("End")
    assert mixed() == pytest.approx([100 * b for b in q], abs=1.01)


def test_what_drives_the_answer_is_told(tab):
    assert "Shapley" in tab.inner_text("#drivers-words")
    assert drawn(tab, "#drivers-chart")
    assert tab.locator("#drivers-table tbody tr").count() > 1
