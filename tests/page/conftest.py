"""Pages of forecasts that other tests have too, what is packed in them, and a browser to open them in."""

import base64
import dataclasses
import datetime as dt
import gzip
import importlib.util
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import meekcast as mk
from meekcast.cards.library import shelf
from meekcast.door.page import PICTURES
from meekcast.report.page.content import Beside
from meekcast.report.page.write import page

TODAY = "2026-11-21"
BELIEF = {"g_price": "LogNormal(2.6, sd 0.4)"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HOSTILE, LONG = "<script>alert(1)</script>", "w" * 250


# Pages


@pytest.fixture(scope="session")
def board(leaderboard_run):
    """A forecast on the calendar with evidence, opened from its folder."""
    return mk.open(leaderboard_run[0])


@pytest.fixture(scope="session")
def doubted(leaderboard):
    """The same under another belief, answered by weights of the draws."""
    found = mk.forecast("mmlu-pro-alone", prior=BELIEF, today=TODAY)
    assert found.document["diagnostics"]["method"].startswith("weights")
    return found


@pytest.fixture(scope="session")
def elapsed():
    """A forecast without calendar and evidence, with draws."""
    return mk.forecast("paper", "literature", today=TODAY, draws=250)


@pytest.fixture(scope="session")
def from_priors(prior_fit):
    """Forecast a card whose posterior is drawn from its prior, because a page does not care."""

    def make(card):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("meekcast.forecasts.forecast.infer", prior_fit())
            return mk.forecast(str(card), today=TODAY, draws=250)

    return make


def past_rows():
    """Forecasts of a board a half year and a year ahead, and what came: one in ten outside its interval."""
    rng = np.random.default_rng(1)
    for horizon in (0.5, 1.0):
        for k in range(20):
            target = dt.date(2024 + k // 12, k % 12 + 1, 28)
            at = {str(p): 8.0 + 6 * (p - 0.5) for p in (0.05, 0.25, 0.5, 0.75, 0.95)}
            told = {"quantiles": at, "pit": round(float(rng.uniform()), 3)}
            yield {
                "benchmark": "mmlu_pro", "follower": "budget", "horizon": horizon, "origin": "2024-01-31",
                "target_date": target.isoformat(), "observed": 14.0 if k % 10 == 0 else 8.0, **told, "pool": told,
            }  # fmt: skip


@pytest.fixture(scope="session")
def folder_of_pages(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def written(folder_of_pages):
    """Write the page of a forecast, with what stands beside it; without pictures unless some are given."""

    def write(name, found, **beside):
        file = folder_of_pages / f"{name}.html"
        decision = (shelf("docs") / "decision.toml").read_text(encoding="utf-8")
        file.write_text(page(found.source, found.document, Beside(decision=decision, **beside)), encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="session")
def whole(board, doubted, written):
    """A page with everything."""
    drivers, pictures = mk.sensitivity(board).document, board.source.pictures(PICTURES)
    stories = [doubted.document]
    return written("whole", board, past=list(past_rows()), drivers=drivers, stories=stories, pictures=pictures)


@pytest.fixture(scope="session")
def elapsed_page(elapsed, written):
    """A page without calendar and boards."""
    return written("elapsed", elapsed)


@pytest.fixture(scope="session")
def near_page(elapsed, written):
    """A page of a horizon before the first year for which events are told, beside a story of a later one."""
    near = mk.forecast("paper", "literature", today=TODAY, draws=250, until=3)
    assert not near.document["events"][0]["probability_by"]
    return written("near", near, stories=[elapsed.document])


@pytest.fixture(scope="session")
def point_page(written):
    """A page of point values."""
    return written("point", mk.forecast("paper", today=TODAY))


@pytest.fixture(scope="session")
def many(from_priors):
    """Several followers on many boards."""
    return from_priors("followers")


@pytest.fixture(scope="session")
def followers_page(many, written):
    """A page of several followers."""
    return written("followers", many)


@pytest.fixture(scope="session")
def hostile_page(from_priors, hostile_card, written):
    """A page whose every text is a script."""
    return written("hostile", from_priors(hostile_card))


@pytest.fixture(scope="session")
def hostile_card(tmp_path_factory):
    """A card whose every text is a script, some of 250 characters more."""
    folder = tmp_path_factory.mktemp("hostile")
    table, card = folder / "hostile-table.toml", folder / "hostile.toml"
    text = (shelf("evidence") / "mmlu-pro.toml").read_text(encoding="utf-8")
    text = re.sub(r'(?m)^(title|source|licence) = ".*"', rf'\1 = "{HOSTILE}"', text)
    table.write_text(text.replace('model = "o1"', f'model = "{HOSTILE}"'), encoding="utf-8")
    text = (shelf("models") / "mmlu-pro-alone.toml").read_text(encoding="utf-8")
    text = re.sub(r'(?m)^(title|source) = ".*"', rf'\1 = "{HOSTILE}{LONG}"', text)
    text = text.replace('growth = "price_band"', f'growth = "price_band"\ntitle = "{HOSTILE}"')
    text = text.replace("the MMLU-Pro gap stays below 5 points", HOSTILE)
    text = text.replace("the MMLU-Pro gap stays below 2 points", LONG)
    card.write_text(text.replace('evidence = "mmlu-pro"', f'evidence = "{table}"'), encoding="utf-8")
    return card


# What is packed


def unpacked(html, name="content"):
    """What stands packed in a page."""
    (text,) = re.findall(rf'<script type="text/plain" id="packed-{name}">([^<]*)</script>', html)
    return gzip.decompress(base64.b64decode(text)).decode("utf-8")


@pytest.fixture(scope="session")
def content_of():
    """What a page's scripts read, as they read it."""
    return lambda file: json.loads(unpacked(Path(file).read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def scripts_of():
    """What a page runs."""
    return lambda file: unpacked(Path(file).read_text(encoding="utf-8"), "libraries")


# Browser


def installed():
    """Where Chromium is, if it is anywhere."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_runtest_setup(item):
    """Before anything is made for it, a test that needs a browser is left out where there is none; not in CI."""
    if not item.get_closest_marker("browser"):
        return
    drivers = importlib.util.find_spec("playwright")
    missing = (
        "" if installed() and drivers else "chromium is not installed" if drivers else "playwright is not installed"
    )
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{missing}, and CI leaves no test out", pytrace=False)
    if missing:
        pytest.skip(f"{missing}: the page was not tested in a browser")


@pytest.fixture(scope="module")  # not session: as long as it lives, no other test of the process may use asyncio
def browser():
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=installed(), args=sandbox)
        yield started
        started.close()


@dataclasses.dataclass
class Heard:
    """What a browser said and asked for while a page was open."""

    errors: list = dataclasses.field(default_factory=list)
    requests: list = dataclasses.field(default_factory=list)

    def listen(self, tab):
        tab.on("console", lambda said: said.type in ("error", "warning") and self.errors.append(said.text))
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("dialog", lambda dialog: (self.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
        tab.on("request", lambda asked: self.requests.append(asked.url))


@pytest.fixture
def opened(browser):
    """Open a page from its file; at the end nothing went wrong in it, and nothing was asked of a network."""
    contexts, heard = [], Heard()

    def open_page(file, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        tab = context.new_page()
        heard.listen(tab)
        tab.goto(file.as_uri())
        if options.get("java_script_enabled", True):
            tab.wait_for_selector("html[data-ready]")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert heard.errors == []
    assert [url for url in heard.requests if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture
def tab(opened, whole):
    """The page with everything, opened."""
    return opened(whole)
