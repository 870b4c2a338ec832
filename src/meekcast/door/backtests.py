"""Backtests from Python: how a card would have done on past dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from meekcast.door.making import Told, gathered, listening
from meekcast.door.named import Named
from meekcast.door.shown import Sheet, Shown, frame

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.backtests.documents import BacktestDocument, HeldOut, Scorecard
    from meekcast.door.pictures import BacktestPlots
    from meekcast.inference.sampler import Progress
    from meekcast.inputs import Inputs


class Backtest(Shown):
    """A card held against past dates.

    `meekcast.backtest` makes one, `meekcast.open` reads one from its ``backtest.json``.

    Parameters
    ----------
    document : dict
        As ``backtest.json`` holds it.
    """

    def __init__(self, document: BacktestDocument) -> None:
        self.document = document

    @property
    def table(self) -> pd.DataFrame:
        """Scores of seen gaps by series and horizon: targets, CRPS, coverage, skill; of the card and of the pool."""
        return frame([_scores(block) for block in self.document["cards"] if block["n"]])

    @property
    def periods(self) -> pd.DataFrame:
        """The same for earlier origins, on which the model was chosen, and for later ones, the proof."""
        return frame([_scores(block) for block in self.document["periods"] if block["n"]])

    @property
    def true(self) -> pd.DataFrame:
        """The same of true gaps: of all models that were there, whenever the board ran them; every period."""
        return frame([_scores(block) for block in self.document["true"] if block["n"]])

    @property
    def weights(self) -> pd.DataFrame:
        """Weights of the pool by horizon, as of each origin; of all that is known where the origin is None."""
        return frame(
            [
                {"horizon": row["horizon"], "origin": row["origin"], "targets": row["targets"], **row["weights"]}
                for row in self.document["weights"]
            ]
        )

    @property
    def rows(self) -> pd.DataFrame:
        """Every target: origin, date, what came, what the card had forecast, scores."""
        plain = [{k: v for k, v in row.items() if k not in ("baselines", "pool")} for row in self.document["rows"]]
        return frame(plain)

    @property
    def scorecard(self) -> Scorecard:
        """The compact form that a forecast carries."""
        from meekcast.backtests.scorecard import scorecard

        return scorecard(self.document)

    @property
    def plot(self) -> BacktestPlots:
        """Pictures: ``.intervals()``, ``.calibration()``, ``.errors()``."""
        from meekcast.door.pictures import BacktestPlots

        return BacktestPlots(self.document)

    def save(self, folder: str | Path) -> Path:
        """Write backtest.json and its pictures, as ``meekcast backtest`` does; returns the folder.

        Raises
        ------
        OutputError
            If it cannot be written; earlier files stay.
        """
        from meekcast.backtests.obtain import write_backtest
        from meekcast.plots.backtest import write_pictures

        write_backtest(self.document, Path(folder), write_pictures)
        return Path(folder)

    @override
    def _sheet(self) -> Sheet:
        from meekcast.report.backtest import words

        title = f"On past dates: {self.document['provenance'][0]['title']}"
        pooled = [b for b in self.document["cards"] if b["n"] and "all" in (b["benchmark"], b["horizon"])]
        columns = ["benchmark", "months", "n", "in 50", "in 90"]
        columns += ["over persist.", "damped", "pool: persist.", "pool: damped"]
        return Sheet(title, columns, [_cells(block) for block in pooled], words(self.scorecard))


def backtest(
    card: Named = "leaderboard",
    priors: Named | None = None,
    *,
    set: Mapping[str, float] | None = None,
    prior: Mapping[str, str | float] | None = None,
    evidence: Named | Iterable[Named] = (),
    seed: int = 0,
    fresh: bool = False,
    progress: Told = None,
) -> Backtest:
    """Hold a card against past dates: what it would have forecast, scored beside what it has to beat.

    Parameters
    ----------
    card : str or path, default "leaderboard"
        A model card that reads scores.
    priors, set, prior, evidence, seed, progress
        As in `meekcast.forecast`.
    fresh : bool, default False
        Fit again, even if the backtest of just these inputs is on disk. The first time takes minutes.

    Returns
    -------
    Backtest
        Scores by benchmark and horizon.

    Raises
    ------
    InputError
        If the card reads no scores, or the inputs cannot be used.
    """
    inputs = gathered(card, priors, set, prior, evidence)
    with listening(progress) as listener:
        return Backtest(document_of(inputs, seed, listener, fresh=fresh))


def document_of(inputs: Inputs, seed: int, progress: Progress, *, fresh: bool = False) -> BacktestDocument:
    """The backtest of just these inputs: from disk, or made now and kept with its scorecard."""
    from meekcast.backtests.obtain import kept_backtest, make_backtest
    from meekcast.backtests.targets import targets

    targets(inputs)  # a card that cannot be backtested is refused first
    return (None if fresh else kept_backtest(inputs, seed)) or make_backtest(inputs, seed, progress, fresh=fresh)


def _scores(block: Mapping[str, Any]) -> dict[str, Any]:
    """One block of scores as a row of numbers."""
    labels = ("benchmark", "horizon", "period", "n", "origins")
    return {k: block[k] for k in labels} | _numbers(block, "") | _numbers(block["pool"], "pool_")


def _numbers(block: Mapping[str, Any], whose: str) -> dict[str, Any]:
    """Numbers of the card or the pool."""
    kept = ("crps", "crps_log", "log_score", "coverage50", "coverage90")
    interval = block["intervals"]["skill"]["persistence"] or (None, None)
    bounds = dict(zip(("skill_persistence_low", "skill_persistence_high"), interval, strict=True))
    found = {k: block[k] for k in kept} | {f"skill_{m}": s for m, s in block["skill"].items()} | bounds
    return {f"{whose}{key}": value for key, value in found.items()}


def _cells(block: Mapping[str, Any]) -> list[str]:
    return [
        str(block["benchmark"]),
        "all" if block["horizon"] == "all" else f"{12 * block['horizon']:.0f}",
        str(block["n"]),
        *(f"{100 * block[key]:.0f} %" for key in ("coverage50", "coverage90")),
        *(cell for own in (block, block["pool"]) for cell in _skills(own)),
    ]


def _skills(block: Mapping[str, Any]) -> Iterator[str]:
    """How much lower the error is than that of both persistences, over the first with its interval."""
    interval = block["intervals"]["skill"]["persistence"]
    spread = f" [{100 * interval[0]:.0f}, {100 * interval[1]:.0f}]" if interval else ""
    for method, more in (("persistence", spread), ("damped_persistence", "")):
        skill = block["skill"][method]
        yield "" if skill is None else f"{100 * skill:+.0f} %{more}"


def held_out_of(inputs: Inputs, seed: int, progress: Progress) -> HeldOut:
    """The held-out scores of just these inputs: from disk, or from a backtest made now."""
    from meekcast.backtests.obtain import known_scores
    from meekcast.backtests.scorecard import held_out

    return known_scores(inputs, seed) or held_out(document_of(inputs, seed, progress))
