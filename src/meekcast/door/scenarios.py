"""Named changes against the base, from Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from meekcast.door.making import Told, asked, gathered, listening, settings_of
from meekcast.door.named import Named
from meekcast.door.shown import Sheet, Shown, frame
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.clock import When
    from meekcast.door.pictures import ScenarioPlots
    from meekcast.whatif.documents import ComparedEvent, ScenariosAbout, ScenariosDocument
    from meekcast.whatif.scenarios import ScenarioFile


class Scenarios(Shown):
    """Named changes against the base.

    `meekcast.scenarios` makes them.

    Parameters
    ----------
    document : dict
        As the JSON of ``meekcast scenarios`` holds it.
    """

    def __init__(self, document: ScenariosDocument) -> None:
        self.document = document

    @property
    def table(self) -> pd.DataFrame:
        """One row an event and scenario, the base first: quantiles, probabilities, and the shift of the median."""
        return frame([row for event in self.document["events"] for row in _rows(event)])

    @property
    def plot(self) -> ScenarioPlots:
        """The picture: ``.dates()``."""
        from meekcast.door.pictures import ScenarioPlots

        return ScenarioPlots(compared(self.document))

    def save(self, folder: str | Path, name: str = "scenarios") -> Path:
        """Write NAME.json and NAME.png, as ``meekcast scenarios`` does; returns the folder.

        Raises
        ------
        OutputError
            If they cannot be written; earlier files stay.
        """
        write_scenarios(self.document, Path(folder), name)
        return Path(folder)

    @override
    def _sheet(self) -> Sheet:
        from meekcast.report.tables import date_text

        rows = []
        for event in self.document["events"]:
            for row in _rows(event):
                shift = row["shift of the median"]
                rows.append(
                    [
                        f"{row['event']}: {row['scenario']}",
                        date_text(row[0.5], self.document),
                        "" if shift is None else f"{shift:+.2g} y",
                    ]
                )
        return Sheet(f"Scenarios on card {self.document['card']}", ["event: scenario", "median", "shift"], rows)


def scenarios(
    changes: str | PathLike[str] | Sequence[Mapping[str, Any]],
    *,
    events: Sequence[str] = (),
    by: Iterable[When | str] = (),
    card: Named | None = None,
    priors: Named | None = None,
    until: float | None = None,
    today: dt.date | str | None = None,
    seed: int = 0,
    draws: int = Settings.draws,
    exact: bool = False,
    progress: Told = None,
) -> Scenarios:
    """Compare named changes with the base: dates, probabilities, and how sure their difference is.

    Parameters
    ----------
    changes : str, path or sequence of mapping
        A TOML file of scenarios, or the scenarios themselves: ``{"name": "cheaper", "set": {"g_price": 3.0}}``,
        with the keys of such a file: set, shift, from, prior, priors, evidence, card, how.
    events : sequence of str
        What is compared, such as ``["gpqa_gap < 5"]``; a file has its own.
    by : iterable, optional
        Years at which probabilities are compared.
    card : str or path, optional
        The base; the file's own, or leaderboard, by default.
    priors, until, today, seed, draws, exact, progress
        As in `meekcast.forecast`.

    Returns
    -------
    Scenarios
        The base and every scenario.

    Raises
    ------
    InputError
        If something that was named is wrong; all is checked before anything is sampled.

    Examples
    --------
    >>> import meekcast as mk
    >>> found = mk.scenarios([{"name": "slow", "set": {"g_investment": 2.4}}], events=["loss_gap < 0.05"], card="paper")
    >>> found.table["shift of the median"].round(2).tolist()[1]
    -0.59
    """
    from meekcast.whatif.documents import scenarios_document
    from meekcast.whatif.scenarios import compare, prepare
    from meekcast.whatif.world import World, blank, worlds

    file = _read(changes, events, by, card, priors)
    settings = settings_of(draws=draws, seed=seed, exact=exact)
    inputs, asked_on = asked(gathered(file.card, file.priors), today)
    anew = prepare(file, inputs, until)
    with listening(progress) as listener:
        base = World.of(inputs, settings, until=until, progress=listener)
        comparisons = compare(file, base, worlds(anew, settings, until=until, progress=listener))
    stated = file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    about: ScenariosAbout = {**base.about(asked_on), "stated": stated}
    return Scenarios(scenarios_document(comparisons, blank(inputs, until), about))


def _read(
    changes: str | PathLike[str] | Sequence[Mapping[str, Any]],
    events: Sequence[str],
    by: Iterable[When | str],
    card: Named | None,
    priors: Named | None,
) -> ScenarioFile:
    """A file of scenarios, or what stands in its place."""
    from meekcast.cards.parsing import validated
    from meekcast.whatif.scenarios import ScenarioFile, read_scenarios

    stated: dict[str, Any] = {"events": list(events), "by": list(by)}
    stated |= {key: fspath(value) for key, value in (("card", card), ("priors", priors)) if value is not None}
    if isinstance(changes, str | PathLike):
        file = read_scenarios(Path(changes))
        return file.model_copy(update={key: value for key, value in stated.items() if value})
    scenarios = [dict(change) for change in changes]
    return validated(ScenarioFile, {"schema": 1, **stated, "scenarios": scenarios}, "scenarios")


def _rows(event: ComparedEvent) -> list[dict[Any, Any]]:
    """The base of one event and each scenario, as numbers."""
    return [_row(event["expression"], told) for told in (event, *event["scenarios"])]


def _row(expression: str, told: Mapping[str, Any]) -> dict[Any, Any]:
    row: dict[Any, Any] = {"event": expression, "scenario": told.get("scenario", "base")}
    row |= {float(p): float(date) for p, date in told["quantiles"].items()}
    row |= {f"P(by {year})": p["value"] for year, p in told["probability_by"].items()}
    row["shift of the median"] = float(told["change"]["shift"]["0.5"]) if "change" in told else None
    return row


def compared(document: ScenariosDocument) -> list[dict[str, Any]]:
    """The base and each scenario as the picture of a comparison reads them: what has a date."""
    names = ["base", *(scenario["scenario"] for scenario in document["events"][0]["scenarios"])]
    about = {key: document[key] for key in ("clock", "start", "horizon", "today")}
    dated = [(e["expression"], [e, *e["scenarios"]]) for e in document["events"] if e["quantiles"]]
    if not dated:
        return []
    return [
        {**about, "card": name, "events": [{"name": text, "quantiles": told[i]["quantiles"]} for text, told in dated]}
        for i, name in enumerate(names)
    ]


def write_scenarios(document: ScenariosDocument, folder: Path, name: str) -> list[Path]:
    """Write NAME.json, and NAME.png where something has a date, both or none; returns them.

    Raises
    ------
    OutputError
        If the folder cannot be written; earlier files stay.
    """
    from meekcast.files import staged, to_json
    from meekcast.plots.compare import write_comparison

    shown = compared(document)
    with staged(folder) as stage:
        if shown:
            write_comparison(shown, stage, f"{name}.png")
        (stage / f"{name}.json").write_text(to_json(document) + "\n", encoding="utf-8")
        names = sorted(file.name for file in stage.iterdir())
    return [folder / file for file in names]
