"""What drives the answer, from Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from meekcast.cards import library
from meekcast.door.making import Told, forecast_of, gathered, listening, settings_of
from meekcast.door.named import Named
from meekcast.door.opening import open as open_again
from meekcast.door.result import Forecast
from meekcast.door.shown import Sheet, Shown, frame
from meekcast.errors import InputError
from meekcast.files import Document

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.door.pictures import SensitivityPlots
    from meekcast.door.source import Source
    from meekcast.inference.sampler import Progress
    from meekcast.sensitivities.analysis import Question
    from meekcast.sensitivities.decision import Decision
    from meekcast.sensitivities.obtain import Wishes


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
        """Pictures: ``.over_time()``, ``.tornado()``, ``.pairs()``, ``.power_scaling()``."""
        from meekcast.door.pictures import SensitivityPlots

        return SensitivityPlots(self.question, self.document)

    def save(self, folder: str | Path) -> Path:
        """Write sensitivity.json and its pictures, as ``meekcast sensitivity`` does; returns the folder.

        Raises
        ------
        OutputError
            If it cannot be written; earlier files stay.
        """
        write_sensitivity(self.question, self.document, Path(folder))
        return Path(folder)

    @override
    def _sheet(self) -> Sheet:
        groups = list(self.document["groups"])
        rows = [
            [output["name"], *(f"{round(100 * v)} %" for k, v in _shares(output).items() if k != "answer")]
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
    exact: bool = False,
    decision: Named | Mapping[str, Any] | None = None,
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
        Other prior sets under which the answers are compared.
    exact : bool, default False
        Sample these anew, even where weights of the card's own draws would do.
    decision : str, path or mapping, optional
        TOML table of actions and losses, or what it would say: what is learning worth?
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
    from meekcast.sensitivities.analysis import question
    from meekcast.sensitivities.obtain import Wishes, sensitivity_document
    from meekcast.sensitivities.runs import Run

    wishes = Wishes(
        events=[events] if isinstance(events, str) else list(events),
        at=list(at),
        by=by,
        seed=seed,
        base_points=base_points if prior else None,
        power_scaling=power_scaling,
        priors=list(alternatives),
        exact=exact,
        decision=_decision(decision),
    )
    with listening(progress) as listener:
        found = _source(target, wishes, listener)
        asked = question(Run(found.summary, found.draws), wishes.events, wishes.at, by, seed)
        return Sensitivity(asked, sensitivity_document(asked, found.inputs, wishes, listener))


def _source(target: Forecast | Named, wishes: Wishes, listener: Progress) -> Source:
    """The forecast that was named (itself, the folder of one, or one of a card), after every wish was checked."""
    from meekcast.sensitivities.obtain import check_wished

    if isinstance(target, Forecast) or not _is_card(target):
        source = (target if isinstance(target, Forecast) else _opened(target)).source
        check_wished(source.inputs, wishes)
        return source
    inputs = gathered(target, None)
    check_wished(inputs, wishes)
    return forecast_of(inputs, settings_of(), None, dt.date.today(), False, listener).source


def _is_card(target: Named) -> bool:
    return fspath(target) in library.names("models") or fspath(target).endswith(".toml")


def _opened(folder: Named) -> Forecast:
    found = open_again(folder)
    if not isinstance(found, Forecast):
        raise InputError(f"{folder} holds no forecast of one card", "Name the folder that a forecast wrote, or a card.")
    return found


def _decision(stated: Named | Mapping[str, Any] | None) -> Decision | None:
    """A decision as a file or as a mapping."""
    from meekcast.sensitivities.decision import load_decision, read_decision

    if stated is None:
        return None
    return read_decision(stated) if isinstance(stated, Mapping) else load_decision(Path(stated))


def write_sensitivity(asked: Question, document: Document, folder: Path) -> list[Path]:
    """Write sensitivity.json and the pictures, all files or none; returns them.

    Raises
    ------
    OutputError
        If the folder cannot be written; earlier files stay.
    """
    from meekcast.files import staged, to_json
    from meekcast.plots.sensitivity import write_pictures

    with staged(folder) as stage:
        write_pictures(asked, document, stage)
        (stage / "sensitivity.json").write_text(to_json(document) + "\n", encoding="utf-8")
        names = sorted(file.name for file in stage.iterdir())
    return [folder / name for name in names]


def _shares(output: Document) -> dict[str, Any]:
    shares = {group: found["shapley"]["value"] for group, found in output["shares"].items()}
    return {"answer": output["name"], **shares, "chance": output["chance"]["value"]}
