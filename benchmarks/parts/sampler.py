"""Effective draws: our sampler against PyMC's own `pm.sample` on the same graph, and a refit in a warm process.

Sampling alone: both have compiled before their clocks start. The effective size is the bulk ESS of the worst variable
of the graph, by the same judge. PyMC's chains run one after another in this process, at its own target acceptance.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from measuring import Row, Spent, Stopwatch, in_process, median, number, seconds, timed

CARD = "leaderboard"
type Sampled = tuple[Any, Spent]


class Clock:
    """A listener that starts a clock when sampling begins."""

    def __init__(self) -> None:
        self.watch = Stopwatch()

    def step(self, text: str) -> None:
        """Wait for the step that counts."""
        if text == "sampling":
            self.watch.start()

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Ignore the draws."""


def ours(inputs: Any, seed: int) -> Sampled:
    """Sample the default way; what it took, compiling left out."""
    from meekcast.inference.sampler import Settings, sample

    clock = Clock()
    tree = sample(inputs, Settings(seed=seed), clock)
    return tree, clock.watch.read()


def _pymc(inputs: Any, seed: int) -> Sampled:
    import logging
    import warnings

    import pymc as pm

    from meekcast.inference.graph import build

    logging.getLogger("pymc").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    watch = Stopwatch()
    begun: list[Any] = []

    def first_draw(trace: Any, draw: Any) -> None:
        if not begun:
            begun.append(draw)
            watch.start()

    model = build(inputs)
    options = {"chains": 4, "cores": 1, "random_seed": seed, "progressbar": False, "callback": first_draw}
    tree = pm.sample(model=model, nuts_sampler="pymc", compute_convergence_checks=False, **options)
    return tree, watch.read()


SAMPLERS: dict[str, Callable[[Any, int], Sampled]] = {"ours": ours, "PyMC": _pymc}


def sampled(name: str, repeats: int) -> list[dict[str, Any]]:
    """Sample with several seeds in this process, and judge."""
    from meekcast.inference.diagnostics import judge
    from meekcast.inputs import gather

    inputs, found = gather(CARD), []
    for seed in range(repeats):
        tree, spent = SAMPLERS[name](inputs, seed)
        verdict = judge(tree, name)
        steps = verdict.steps_per_draw
        found.append({"spent": spent, "ess": verdict.ess_bulk_min, "steps": steps, "divergent": verdict.divergences})
    return found


def refitted(repeats: int) -> list[dict[str, Any]]:
    """Fit the default card, then again and again with another prior: draws and diagnostics, nothing from the cache."""
    from meekcast.inference.posterior import infer
    from meekcast.inference.sampler import Settings, Silent
    from meekcast.inputs import Override, gather

    found = []
    for i in range(repeats + 1):
        inputs = gather(CARD, None, [Override.read(f"g_price=LogNormal(4, 90% 2..{8 + 0.01 * i:g})")] if i else ())
        watch = Stopwatch()
        infer(inputs, Settings(exact=True), Silent(), fresh=True)
        found.append({"spent": watch.read()})
    return found[1:]


def rows(repeats: int) -> Iterator[Row]:
    """Effective draws a second, of us and of PyMC, and a refit."""
    with tempfile.TemporaryDirectory() as cache:
        found = {name: in_process("parts.sampler:sampled", name, repeats, MEEKCAST_CACHE=cache) for name in SAMPLERS}
        refits = in_process("parts.sampler:refitted", repeats, MEEKCAST_CACHE=cache)
    speeds = {name: [_speed(run) for run in runs] for name, runs in found.items()}
    for name, runs in found.items():
        aim, peer = ("400 / CPU s", "") if name == "ours" else ("", f"; ours is {_ratios(speeds, name)}")
        typical = median(seconds(runs))
        sizes = f"least ESS {min(run['ess'] for run in runs):.0f}, {typical}, {runs[0]['steps']:.0f} steps a draw, "
        sizes += f"{sum(run['divergent'] for run in runs)} divergent"
        cells = [f"{number(s.wall)} / s, {number(s.cpu)} / CPU s" for s in (_most(speeds[name]), median(speeds[name]))]
        yield Row(f"min ESS per second of sampling, {name}", aim, *cells, len(runs), sizes + peer)
    yield timed("one refit in a warm process", seconds(refits), "1.5 s", "sampled and judged, another prior")


def _speed(run: dict[str, Any]) -> Spent:
    """Effective draws per wall and per CPU second."""
    return Spent(*(run["ess"] / spent for spent in run["spent"]))


def _most(speeds: list[Spent]) -> Spent:
    return Spent(max(s.wall for s in speeds), max(s.cpu for s in speeds))


def _ratios(speeds: dict[str, list[Spent]], peer: str) -> str:
    """How many times as fast we are."""
    mine, theirs = median(speeds["ours"]), median(speeds[peer])
    return f"{number(mine.wall / theirs.wall)} x as fast, {number(mine.cpu / theirs.cpu)} x per CPU s"
