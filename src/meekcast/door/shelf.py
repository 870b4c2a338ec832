"""What ships: model cards, prior sets and evidence, listed or shown one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os import fspath
from typing import TYPE_CHECKING, Any

from meekcast.cards import library
from meekcast.door.named import Named, read_date
from meekcast.door.shown import Listing, frame
from meekcast.observations import EvidenceTable, LossTable, ScoreTable
from meekcast.report.cards import follower_text

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.cards.priors import Priors, PriorSet
    from meekcast.cards.schema import ModelCard
    from meekcast.observations import ParameterTable

INTERVAL = (0.05, 0.5, 0.95)


def models(name: Named | None = None) -> Listing:
    """List the model cards that ship, or show one: its story, events and priors.

    Parameters
    ----------
    name : str or path, optional
        One card, by name or path.

    Returns
    -------
    Listing
        Prints well; ``.table`` is a DataFrame.

    Raises
    ------
    InputError
        If there is no such card.

    Examples
    --------
    >>> import meekcast as mk
    >>> "leaderboard" in mk.models(), "alpha" in mk.models("parameter-proxy")
    (True, False)
    """
    if name is None:
        return _listed("Model cards: meekcast.models(NAME) shows one", library.names("models"), library.load_card)
    card = library.load_card(fspath(name))
    events = tuple({"what": f"event: {e.name}", "says": e.ask} for e in card.events)
    stated = tuple({"what": f"prior: {row['parameter']}", "says": row["median and 90 %"]} for row in _priors(card))
    return Listing(f"{card.name}: {card.title}", events + stated, ("what", "says"), _told(card))


def priors(name: Named | None = None) -> Listing:
    """List the prior sets that ship, or show one with every number, unit and source.

    Parameters
    ----------
    name : str or path, optional
        One set, by name or path.

    Returns
    -------
    Listing
        Prints well; ``.table`` is a DataFrame.

    Raises
    ------
    InputError
        If there is no such set.

    Examples
    --------
    >>> import meekcast as mk
    >>> mk.priors("paper").table.loc["g_investment", "median and 90 %"]
    '3.571 per year'
    """
    if name is None:
        return _listed("Prior sets: meekcast.priors(NAME) shows one", library.names("priors"), library.load_priors)
    found: PriorSet = library.load_priors(fspath(name))
    columns = ("parameter", "prior", "median and 90 %")
    return Listing(f"{found.name}: {found.title}", tuple(_priors(found)), columns, (found.description,))


def evidence(name: Named | None = None, *, today: dt.date | str | None = None) -> Listing:
    """List the evidence and how many records it holds, or show one table with every row, source and licence.

    Parameters
    ----------
    name : str or path, optional
        One table, by name or path.
    today : datetime.date or str, optional
        To which the ages of the list are counted; the current date by default.

    Returns
    -------
    Listing
        Prints well; ``.table`` is a DataFrame. Of a board of all scored models its scores, and ``.records``, another
        DataFrame, has the records of the usual actors.

    Raises
    ------
    InputError
        If there is no such table.

    Examples
    --------
    >>> import meekcast as mk
    >>> mk.evidence("mmlu-pro-small").table.columns[:4].tolist()
    ['date', 'actor', 'model', 'score']
    """
    if name is None:
        return _all_evidence(read_date(today, "today") or dt.date.today())
    table = library.load_any_evidence(fspath(name))
    title = f"{table.name}: {table.title}"
    notes = (f"unit: {table.unit}", f"source: {table.source}", f"licence: {table.licence}")
    if isinstance(table, ScoreTable):
        return _board(table, title, notes)
    rows = tuple(_rows(table))
    return Listing(title, rows, tuple(rows[0]), notes, named=False)


@dataclass(frozen=True, repr=False)
class Board(Listing):
    """All scores of a board.

    Parameters
    ----------
    record_rows : tuple of dict
        Records of the usual actors.
    """

    record_rows: tuple[dict[str, Any], ...] = ()

    @property
    def records(self) -> pd.DataFrame:
        """Records of the frontier and of the usual actors as a DataFrame."""
        return frame(self.record_rows)


def _board(table: ScoreTable, title: str, notes: tuple[str, ...]) -> Board:
    from meekcast.cards.overview import board_document

    board = board_document(table, library.load_prices())
    rows = tuple(dict(score) for score in board["scores"])
    records = tuple({"actor": actor, **row} for actor, found in board["records"].items() for row in found)
    counted = ", ".join(f"{actor} {len(found)}" for actor, found in board["records"].items())
    shown = ("model", "released", "score", "open_weights", "parameters", "price")
    return Board(title, rows, shown, (f"records, in .records: {counted}", *notes), named=False, record_rows=records)


def _all_evidence(today: dt.date) -> Listing:
    from meekcast.cards.overview import overview

    boards, others = overview(today)
    kept = ("name", "title", "kind", "scores", "first", "last", "as_of", "age_months")
    rows = [{key: board.get(key) for key in kept} | board["records"] for board in boards]
    actors = list(boards[0]["records"]) if boards else []
    blank = dict.fromkeys((*kept, *actors))
    rows += [{**blank, **{key: other[key] for key in ("name", "title", "kind")}} for other in others]
    columns = ("name", "kind", *(["scores", *actors] if boards else ["title"]))
    return Listing("Evidence: meekcast.evidence(NAME) shows one", tuple(rows), columns)


def _listed(title: str, names: Iterable[str], load: Callable[[str], Any]) -> Listing:
    return Listing(title, tuple({"name": name, "title": load(name).title} for name in names), ("name", "title"))


def _told(card: ModelCard) -> tuple[str, ...]:
    """What a card says in words."""
    reads = ", ".join(f"{b.name} from {b.evidence}" for b in card.observed)
    followers = "; ".join(follower_text(follower) for follower in card.followers)
    facts = f"{card.clock} clock to {card.horizon:g}; followers: {followers}; priors: {card.priors}"
    return card.story, f"Wrong if: {card.wrong_if}", facts, f"reads {reads or 'no scores'}"


def _priors(statements: Priors) -> Iterable[dict[str, Any]]:
    """Every prior as a row: what was stated, what it means, its unit and source."""
    belief, units, sources = statements.belief, statements.units(), statements.sources()
    for name in belief.names:
        low, median, high = (belief.quantile(name, p) for p in INTERVAL)
        entry = statements.parameters.get(name)
        spread = f"{median:.4g}" if low == high else f"{median:.4g} [{low:.4g}, {high:.4g}]"
        yield {
            "parameter": name,
            "prior": str(entry.prior) if entry else "joint",
            "median and 90 %": f"{spread} {units[name]}",
            "unit": units[name],
            "source": sources[name],
        }


def _rows(table: EvidenceTable | ParameterTable) -> Iterable[dict[str, Any]]:
    """Rows of a table in order of date; columns that say nothing left out."""
    if isinstance(table, EvidenceTable):
        found: list[Any] = [*table.records, *table.gaps]
    else:
        found = list(table.rows)
    first = "model" if isinstance(table, LossTable) else "date"
    ordered = sorted((row.model_dump() for row in found), key=lambda row: row[first])
    used = [key for key in ordered[0] if any(row[key] is not None for row in ordered)]
    for row in ordered:
        yield {key: row[key] for key in (first, *(key for key in used if key != first))}
