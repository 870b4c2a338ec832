"""The page of the default card: written, opened, and from a slider to all that can be seen drawn again."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measuring import TODAY, Row, in_process, meekcast, timed

MOVES = 15
SLIDERS = {"a belief": "[id^=belief-][id$=-median]", "the threshold": "#ask-threshold", "the date": "#ask-date"}
DRAWN = """slider => new Promise((done) => {
    slider.stepUp(3);
    const began = performance.now();
    slider.dispatchEvent(new Event('input'));
    const computed = performance.now() - began;
    requestAnimationFrame(() => setTimeout(() => done([computed, performance.now() - began])));
})"""


def moved(file: str) -> dict[str, Any]:
    """Seconds until the page can be used; milliseconds of scripts and until all is painted, of moves of a slider."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        began = time.perf_counter()
        tab.goto(Path(file).as_uri())
        tab.wait_for_selector("html[data-ready]")
        opened = time.perf_counter() - began
        taken = {}
        for name, slider in SLIDERS.items():
            tab.locator(slider).first.scroll_into_view_if_needed()
            taken[name] = [tab.locator(slider).first.evaluate(DRAWN) for _ in range(MOVES)]
        browser.close()
    return {"opened": opened, "moves": taken}


def rows(repeats: int) -> Iterator[Row]:
    """Of the default card's run."""
    with tempfile.TemporaryDirectory() as name:
        meekcast("forecast", *TODAY, "--quiet", "--out", name)
        file = Path(name) / "page.html"
        written = meekcast("report", Path(name) / "leaderboard", "--out", file, repeats=repeats)
        yield timed("`meekcast report RUN`, start to written", written, "", f"{file.stat().st_size / 1e6:.2f} MB")
        runs = [in_process("parts.page:moved", str(file)) for _ in range(repeats)]
        opened = [run["opened"] for run in runs]
        yield Row("opened in Chromium, until it can be used", "", *_both(opened, 1, "s"), len(opened))
        for slider in SLIDERS:
            computed, painted = zip(*(move for run in runs for move in run["moves"][slider]), strict=True)
            beside = "painted after {} at best, {} in the median".format(*_both(painted, 0, "ms"))
            yield Row(f"from {slider} to everything drawn", "50 ms", *_both(computed, 0, "ms"), len(computed), beside)


def _both(taken: Sequence[float], digits: int, unit: str) -> list[str]:
    return [f"{value:.{digits}f} {unit}" for value in (min(taken), statistics.median(taken))]
