"""Refit in a browser: beliefs on sliders go to the program, progress is told, and the page of what came is opened."""

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser

WATCH = """new MutationObserver(() => window.heard(document.getElementById("refit-status").textContent))
    .observe(document.getElementById("refit-status"), { childList: true, characterData: true, subtree: true })"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a process of its own serves the paper's card under the literature's priors."""
    folder = tmp_path_factory.mktemp("explore")
    arguments = ("explore", "paper", "--priors", "literature", "--draws", "250", "--no-browser")
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "meekcast", *arguments], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder
        )
    try:
        yield re.match(r"http://\S+", process.stdout.readline())[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def explored(browser, address):
    """A tab with the page; at the end nothing went wrong in it, and nobody else was asked for anything."""
    context, said, asked = browser.new_context(viewport={"width": 1280, "height": 900}), [], []
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(address)
    tab.wait_for_selector("html[data-ready]")
    yield tab
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def believe(tab, name, steps):
    """Move a slider by the keyboard; returns the prior that the page makes of it."""
    slider = tab.locator(f"#belief-{name}-median")
    slider.focus()
    for _ in range(steps):
        slider.press("ArrowRight")
    return re.search(rf"--prior '{name}=([^']*)'", tab.inner_text("#beliefs-command"))[1]


def test_beliefs_on_sliders_are_sampled_and_their_page_opens(explored, address):
    heard = []
    explored.expose_function("heard", lambda words: heard.append(words))
    explored.evaluate(WATCH)
    explored.fill("#ask-number", "0.07")
    before = explored.inner_text("#ask-words")
    prior = believe(explored, "g_investment", 40)
    explored.locator("#refit").focus()
    explored.keyboard.press("Enter")
    explored.wait_for_selector("#refit-progress", state="visible")
    assert explored.get_attribute("#refit", "aria-disabled") == "true"
    explored.wait_for_url(re.compile(rf"{re.escape(address)}\d+$"))
    explored.wait_for_selector("html[data-ready]")
    assert heard[0] == "asking"
    assert {*heard} & {"computing paths, bands and events", "drawing the page"}
    assert f"g_investment = {prior};" in explored.inner_text(".about")
    median = float(re.match(r"LogNormal\(([^,]*),", prior)[1])
    assert float(explored.input_value("#belief-g_investment-number")) == median
    assert explored.locator(".belief.changed").count() == 0  # they are the forecast's own now
    assert explored.inner_text("#ask-words") == before
    assert not explored.is_visible("#refit-progress")
    explored.go_back()
    explored.wait_for_selector("html[data-ready]")
    assert "g_investment" not in explored.inner_text(".about")


def test_a_mistake_is_told_on_the_page_which_can_be_asked_again(explored, address):
    explored.evaluate("page.believe('g_investment', { mean: 1, sd: -1 })")  # what no slider gives
    explored.click("#refit")
    explored.wait_for_selector("#refit-status.warn")
    told = "g_investment: the prior 'LogNormal(2.718, sd -1)' has an sd of -1\nAn sd is positive; use Point(...) for 0."
    assert explored.inner_text("#refit-status") == told
    assert explored.get_attribute("#refit", "aria-disabled") == "false"
    explored.click("#beliefs-reset")
    explored.click("#refit")
    explored.wait_for_selector("text=move one first")
    believe(explored, "g_investment", 10)
    explored.click("#refit")
    explored.wait_for_url(re.compile(rf"{re.escape(address)}\d+$"))


def test_a_tab_that_is_loaded_during_a_refit_follows_it(explored, address):
    believe(explored, "g_algorithms", 20)
    with explored.expect_response(lambda answer: answer.request.method == "POST"):
        explored.click("#refit")
    explored.goto(address)
    explored.wait_for_url(re.compile(rf"{re.escape(address)}\d+$"))
    assert "g_algorithms = " in explored.inner_text(".about")
