"""What drives the answer, from Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from meekcast.cards import library
from meekcast.door.making import Named, Told, forecast, listening
from meekcast.door.opening import open as open_again
from meekcast.door.result import Forecast
from meekcast.door.shown import Sheet, Shown, frame
from meekcast.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.door.pictures import SensitivityPlots
    from meekcast.door.source import Source
    from meekcast.inputs import Inputs
    from meekcast.sensitivities.analysis import Question

type Step = Callable[[str], None]
type Document = dict[str, Any]


class Sensitivity(Shown):
    """What drives the answers of a forecast.

    `meekcast.sensitivity` makes one.

    Parameters
    ----------
    question : Question
        What was asked.
    document : dict
        As ``sensitivity.json`` holds it.
    """

    def __init__(self, question: Question, document: Document) -> None:
        self.question, self.document = question, document

    @property
    def table(self) -> pd.DataFrame:
        """Shapley shares of the variance: one row an answer, one column a group, and chance."""
        return frame([_shares(output) for output in self.document["outputs"]], "answer")

    @property
    def measure_first(self) -> pd.DataFrame:
        """Inputs in the order in which learning them narrows each answer most: expected fall of its variance."""
        rows = [
            {"answer": entry["output"], "place": place, "input": row["input"], "variance": row["variance"]["value"]}
            for entry in self.document["measure_first"]
            for place, row in enumerate(entry["inputs"], start=1)
        ]
        return frame(rows)

    @property
    def plot(self) -> SensitivityPlots:
        """Pictures: ``.over_time()``, ``.tornado()``, ``.pairs()``, ``.leaning()``."""
        from meekcast.door.pictures import SensitivityPlots

        return SensitivityPlots(self.question, self.document)

    def save(self, folder: str | Path) -> Path:
        """Write sensitivity.json and its pictures, as ``meekcast sensitivity`` does; returns the folder.

        Raises
        ------
        OutputError
            If it cannot be written; earlier files stay.
        """
        from meekcast.files import staged, to_json
        from meekcast.plots.sensitivity import write_pictures

        with staged(Path(folder)) as stage:
            write_pictures(self.question, self.document, stage)
            (stage / "sensitivity.json").write_text(to_json(self.document) + "\n", encoding="utf-8")
        return Path(folder)

    @override
    def _sheet(self) -> Sheet:
        groups = list(self.document["groups"])
        rows = [
            [output["name"], *(f"{100 * v:.0f} %" for k, v in _shares(output).items() if k != "answer")]
            for output in self.document["outputs"]
        ]
        first = [f"{e['output']}: {e['inputs'][0]['input']}" for e in self.document["measure_first"][:3]]
        notes = ["Shapley shares of the variance", *(f"measure first for {line}" for line in first)]
        return Sheet(f"What drives {self.document['title']}", ["answer", *groups, "chance"], rows, notes)


def sensitivity(
    target: Forecast | Named = "leaderboard",
    events: str | Sequence[str] = (),
    *,
    at: Iterable[float] = (),
    by: str = "groups",
    prior: bool = False,
    base_points: int = 1024,
    power_scaling: bool = False,
    alternatives: Sequence[str] = (),
    decision: str | PathLike[str] | None = None,
    seed: int = 0,
    progress: Told = None,
) -> Sensitivity:
    """Say what drives the answer, what it leans on, and what to measure first.

    Parameters
    ----------
    target : Forecast, str or path, default "leaderboard"
        A forecast, the folder of one, or a card.
    events : str or sequence of str, optional
        Events by name or number, ``"gpqa_gap < 3"``, or ``QUANTITY@YEAR``; all of the card by default.
    at : iterable of float, optional
        Years by whose end events may have happened; the year in which most is open by default.
    by : str, default "groups"
        ``"groups"``, ``"parameters"``, or names of either: ``"g_price,links"``.
    prior : bool, default False
        Add Sobol indices under the prior.
    base_points : int, default 1024
        Base points of these, a power of two.
    power_scaling : bool, default False
        Add ArviZ's power-scaling diagnostics.
    alternatives : sequence of str, optional
        Fit other prior sets too, and compare the answers.
    decision : str or path, optional
        TOML table of actions and losses: what is learning worth?
    seed : int, default 0
        Of the resampling.
    progress : bool or Progress, optional
        As in `meekcast.forecast`.

    Returns
    -------
    Sensitivity
        Shares, and what follows from them.

    Raises
    ------
    InputError
        If something that was named is wrong; every option is checked before the first slow step.
    """
    from meekcast.sensitivities.analysis import question, shares_document
    from meekcast.sensitivities.decision import load_decision
    from meekcast.sensitivities.runs import Run

    table = load_decision(Path(decision)) if decision is not None else None
    for name in alternatives:
        library.load_priors(name)
    with listening(progress) as listener:
        found = _source(target, progress)
        asked = question(
            Run(found.summary, found.draws), [events] if isinstance(events, str) else events, list(at), by, seed
        )
        listener.step("sharing out the variance")
        document = shares_document(asked)
        if table is not None:
            from meekcast.sensitivities.analysis import decision_document

            document["decision"] = decision_document(asked, table)
        document = _by_the_card(asked, document, found.inputs, power_scaling, listener.step)
        if prior:
            from meekcast.sensitivities.analysis import prior_document

            listener.step("Sobol indices under the prior")
            document["prior"] = prior_document(asked, found.inputs, base_points)
        if alternatives:
            document["alternatives"] = _alternatives(asked, found.inputs, alternatives, listener.step)
    return Sensitivity(asked, document)


def _source(target: Forecast | Named, progress: Told) -> Source:
    """The forecast that was named: itself, the folder of one, or one of a card."""
    if not isinstance(target, Forecast):
        named = fspath(target)
        card = named in library.names("models") or named.endswith(".toml")
        target = forecast(named, progress=progress) if card else _opened(named)
    return target.source


def _opened(folder: str) -> Forecast:
    found = open_again(folder)
    if not isinstance(found, Forecast):
        raise InputError(f"{folder} holds no forecast of one card", "Name the folder that a forecast wrote, or a card.")
    return found


def _by_the_card(asked: Question, document: Document, inputs: Inputs, power_scaling: bool, step: Step) -> Document:
    """What needs the card's equations again: tornado, a second forecast as a check, and what the answers lean on."""
    from meekcast.sensitivities import analysis

    step("tornado, and a second forecast as a check")
    judged = analysis.judged({**document, **analysis.path_document(asked, inputs)})
    step("what the answers lean on")
    return {**judged, "leaning": analysis.leaning_document(asked, inputs, power_scaling)}


def _alternatives(asked: Question, inputs: Inputs, sets: Sequence[str], step: Step) -> list[Document]:
    """The same answers under other prior sets."""
    from meekcast.forecasts.forecast import forecast as refitted
    from meekcast.inference.sampler import Settings
    from meekcast.sensitivities.prior import alternatives

    before = asked.run.summary
    settings, today = Settings(**before["provenance"]["settings"]), dt.date.fromisoformat(before["today"])

    def refit(other: Inputs) -> Any:
        step(f"fitting under {other.priors.name}")
        return refitted(other, settings, until=before["horizon"], today=today)

    return alternatives(inputs, asked.run, sets, asked.outputs, refit)


def _shares(output: Document) -> dict[str, Any]:
    shares = {group: found["shapley"]["value"] for group, found in output["shares"].items()}
    return {"answer": output["name"], **shares, "chance": output["chance"]["value"]}
