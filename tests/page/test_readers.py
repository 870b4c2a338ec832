"""Every reader: at any size, in the dark, by keyboard, with a screen reader, without JavaScript, on paper."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PAGES = ["whole", "elapsed_page", "point_page", "followers_page", "hostile_page", "near_page"]


def look_at_all(tab):
    """Open what is folded, and scroll through the page, so that every chart is drawn."""
    tab.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")


@pytest.mark.parametrize("name", PAGES)
def test_every_chart_is_drawn(request, opened, name):
    tab = opened(request.getfixturevalue(name))
    look_at_all(tab)
    empty = "all => all.filter((c) => c.offsetParent && !c.firstElementChild).map((c) => c.id || c.parentElement.textContent)"
    shown = tab.eval_on_selector_all("section .chart", empty)
    assert [place for place in shown if place != "drivers-chart"] == []  # only where drivers were computed
    assert tab.locator("section .chart svg").count() >= 1
    broken = "all => all.filter((p) => /NaN|undefined/.test(p.getAttribute('d') ?? '')).length"
    assert tab.eval_on_selector_all("svg path", broken) == 0
    assert not re.search(r"\bNaN\b|\bundefined\b|\bnull\b|\[object", tab.inner_text("main"))


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("name", ["whole", "followers_page", "hostile_page"])
def test_nothing_is_wider_than_the_screen(request, opened, name, width):
    tab = opened(request.getfixturevalue(name), width)
    look_at_all(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    for choice in ("true", "scores"):
        tab.select_option("#look-what", choice)
    look_at_all(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("whole", 1280), ("whole", 360), ("elapsed_page", 768)])
def test_nothing_hinders_readers_with_disabilities(request, opened, name, width, scheme):
    """Every rule of axe-core, at rest and with beliefs of the reader's own."""
    tab = opened(request.getfixturevalue(name), width, color_scheme=scheme, bypass_csp=True)
    look_at_all(tab)
    tab.add_script_tag(path=AXE)
    rules = "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)"
    violations = tab.evaluate(rules)
    tab.locator("[id^=belief-][id$=-median]").first.press("ArrowRight")
    violations += tab.evaluate(rules)
    assert [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in violations] == []


def test_colours_differ_in_the_dark(opened, whole):
    light, dark = (
        opened(whole, color_scheme=scheme).evaluate(
            "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
        )
        for scheme in ("light", "dark")
    )
    assert light[0] != dark[0]
    assert light[1] != dark[1]


def test_every_control_is_reached_by_tab_and_left_again(tab):
    focusable = "a[href], button, input, select, summary, [tabindex]"
    visible = f"""() => {{ const all = [...document.querySelectorAll({focusable!r})].filter((e) => e.checkVisibility());
        all.forEach((e, k) => (e.dataset.nth = k)); return all.length; }}"""
    expected, seen = tab.evaluate(visible), []
    for _ in range(expected + 5):
        tab.keyboard.press("Tab")
        nth = tab.evaluate("document.activeElement.dataset.nth ?? null")
        if nth is None:
            break
        seen.append(int(nth))
    assert seen == list(range(expected))


def test_focus_can_be_seen(tab):
    for control in ("#ask-threshold", "#ask-quantity", "#grid-csv"):
        tab.focus("body")
        tab.focus(control)
        tab.keyboard.press("Shift+Tab")
        tab.keyboard.press("Tab")
        assert tab.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2


def test_the_skip_link_leads_to_the_answer(tab):
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "to the answer"
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#main"


@pytest.mark.parametrize("name", ["whole", "elapsed_page"])
def test_without_javascript_answer_tables_and_pictures_are_there(request, opened, name, content_of):
    file = request.getfixturevalue(name)
    tab, summary = opened(file, java_script_enabled=False), content_of(file)["summary"]
    assert "Without JavaScript" in tab.inner_text("main")
    assert tab.locator("#answer .lead").inner_text().strip()
    for event in summary["events"]:
        assert tab.locator("#answer th", has_text=event["name"]).first.is_visible()
    assert tab.locator("#where table").first.is_visible()
    assert tab.locator("section.live:visible").count() == 0
    assert tab.locator("#drivers .live:visible").count() == 0
    if name == "whole":
        pictures = tab.locator("#answer img")
        assert pictures.count() == 2
        for k in range(2):
            assert pictures.nth(k).is_visible()
            assert pictures.nth(k).bounding_box()["height"] > 100
            assert pictures.nth(k).get_attribute("alt")


def test_a_browser_that_cannot_start_it_says_so(browser, whole, tmp_path):
    """What is packed is damaged: the page tells, and shows what it shows without JavaScript."""
    harmed = tmp_path / "harmed.html"
    text = whole.read_text(encoding="utf-8")
    harmed.write_text(text.replace('id="packed-content">', 'id="packed-content">AAAA'), encoding="utf-8")
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(harmed.as_uri())
    tab.locator("#failed").wait_for(state="visible")
    assert "could not be started" in tab.inner_text("#failed")
    assert tab.locator("#answer img").first.is_visible()
    context.close()


def test_it_prints_on_a_few_sheets(opened, whole, tmp_path):
    tab = opened(whole)
    tab.emulate_media(media="print")
    assert tab.locator("#answer .lead").is_visible()
    for gone in ("nav", "button:visible", "#ask-threshold", "#bar"):
        assert tab.locator(gone).first.is_hidden() or tab.locator(gone).count() == 0
    tab.pdf(path=tmp_path / "page.pdf", format="A4")
    printed = (tmp_path / "page.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 12
    assert 50_000 < len(printed) < 5_000_000
    width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    tab.set_viewport_size({"width": 718, "height": 1000})  # of A4 between its margins
    assert tab.evaluate(width)


def test_what_is_printed_is_what_is_believed(tab, tmp_path):
    """Charts far below wait until they can be seen; on paper all can."""
    before = "#lag-charts [stroke-dasharray='3 3']"  # the card as it was, beside the reader's belief
    tab.evaluate("scrollTo(0, 0)")
    tab.locator("#ask-number").focus()
    tab.evaluate("page.believe('g_price', { mean: 1, sd: 0.4 })")
    assert tab.locator(before).count() == 0
    tab.pdf(path=tmp_path / "page.pdf")
    assert tab.locator(before).count() > 0
