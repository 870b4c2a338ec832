"""Prices that an import brings: one a model and date, only where they differ from what was known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from pydantic import ValidationError

from meekcast.errors import InputError
from meekcast.observations.importing import cells
from meekcast.observations.importing.asked import Asked, Standing
from meekcast.observations.importing.boards import Board
from meekcast.observations.importing.documents import MAKERS
from meekcast.observations.importing.names import Known, squashed
from meekcast.observations.importing.problems import Place, Problem, Refused
from meekcast.observations.importing.readers import Entry
from meekcast.observations.importing.scores import PRICES, Draft
from meekcast.observations.prices import Dated, Price, Prices, PriceTable, price_on

SAME = 1e-9
"""Relative difference up to which two prices are the same."""


class Offer(NamedTuple):
    """A price that somebody asks for a model."""

    place: Place
    model: str
    name: str
    maker: bool
    date: dt.date | None
    usd: Mapping[str, float]

    @property
    def blended(self) -> float:
        """Three parts input, one part output."""
        if "input" in self.usd:
            return (3 * self.usd["input"] + self.usd["output"]) / 4
        return self.usd["price"]


@dataclass(frozen=True)
class Listed:
    """What came of a price list.

    Parameters
    ----------
    rows : tuple of Price
        Prices that are new, by date.
    names : mapping of str to str
        How the list calls its models, to their names in the table.
    refused : list of Problem
        What could not be used.
    unchanged : int
        How many prices were known already.
    """

    rows: tuple[Price, ...]
    names: Mapping[str, str]
    refused: list[Problem]
    unchanged: int


def offers_of_list(board: Board, asked: Asked) -> tuple[list[Offer], list[Problem]]:
    """Read a price list."""
    columns = {role: board.columns[role] for role in PRICES if role in board.columns}
    commas = {
        role: cells.decimal_comma(board.grid.file, column, (e.cells.get(column, "") for e in board.grid.entries), False)
        for role, column in columns.items()
    }
    found: list[Offer] = []
    refused = list(board.grid.problems)
    for entry in board.grid.entries:
        place = board.grid.place(entry)
        try:
            found.append(_offer(board, entry, place, commas, asked.today))
        except Refused as problem:
            refused.append(problem.at(place))
    return found, refused


def _offer(board: Board, entry: Entry, place: Place, commas: Mapping[str, bool], today: dt.date) -> Offer:
    text = board.text(entry, "model")
    if not cells.known(text):
        raise Refused("the row names no model", board.columns.get("model"), text)
    model = _told(cells.words, text, board.columns["model"])
    usd = {}
    for role, comma in commas.items():
        text = board.text(entry, role)
        if cells.known(text):
            usd[role] = _told(partial(cells.number, comma=comma), text, board.columns[role])
    text = board.text(entry, "date")
    date = _told(cells.date, text, board.columns.get("date", "date"))[0] if cells.known(text) else None
    until = entry.cells.get("until", "")
    if date is None and cells.known(until):  # a price that ended, from nobody says when: it held the day before
        date = _told(cells.date, until, "until")[0] - dt.timedelta(days=1)
    if date and date > today:
        raise Refused(f"it is after today, {today}", board.columns.get("date"), text)
    maker = entry.cells.get("provider", "") in MAKERS
    name = " ".join(entry.cells.get("name", "").split())
    return Offer(place, model, name, maker, date, _complete(usd, model))


def _told[T](read: Callable[[str], T], text: str, column: str) -> T:
    try:
        return read(text)
    except Refused as refused:
        raise Refused(refused.why, column, text) from None


def _complete(usd: dict[str, float], model: str) -> dict[str, float]:
    """Input and output, or the mix of them alone; above 0."""
    if not usd:
        raise Refused(f"{model}: no price", "price", "")
    for role, value in usd.items():
        if value == 0:
            raise Refused(f"{model}: a price of 0 is a free offer, which says nothing about what it costs", role, "0")
        if value < 0:
            raise Refused(f"{model}: a price is above 0", role, f"{value:g}")
    if "input" in usd and "output" in usd:
        return {"input": usd["input"], "output": usd["output"]}
    if "price" in usd:
        return {"price": usd["price"]}
    missing = "output" if "input" in usd else "input"
    raise Refused(f"{model}: input and output go together; there is no price of {missing}", missing, "")


def offers_of_board(drafts: Iterable[Draft]) -> tuple[list[Offer], list[Problem]]:
    """Prices that a board of scores shows beside the scores."""
    found: list[Offer] = []
    refused: list[Problem] = []
    for draft in drafts:
        if draft.price:
            model, date = draft.score["model"], draft.score["vintage"] or draft.score["known_on"]
            try:
                found.append(Offer(draft.place, model, model, True, date, _complete(draft.price, model)))
            except Refused as problem:
                refused.append(problem.at(draft.place))
    return found, refused


def listed(offers: list[Offer], refused: list[Problem], source: str, asked: Asked, standing: Standing) -> Listed:
    """Hold prices against those that are known.

    Parameters
    ----------
    offers : list of Offer
        What was read.
    refused : list of Problem
        What could not be read.
    source : str
        Where they are from.
    asked : Asked
        What the user wants; prices without a date are those of ``as_of``, or of today.
    standing : Standing
        What is known.

    Returns
    -------
    Listed
        What is new.
    """
    known = Known({**{m: m for m in standing.prices.by_model}, **standing.prices.aliases})
    seen = asked.as_of or asked.today
    names: dict[str, str] = {}
    by_model: dict[str, dict[dt.date, Offer]] = {}
    for same in _by_model_and_date(offers):
        offer = same[0]
        model = known.find(offer.model, *([offer.name] if offer.name else [])) or offer.model
        names |= {offer.model: model, **({offer.name: model} if offer.name else {})}
        date = offer.date or seen
        by_model.setdefault(model, {})[date] = _chosen(same, price_on(standing.prices.by_model.get(model, ()), date))
    rows: list[Price] = []
    unchanged = 0
    for model, dated in by_model.items():
        held = dict(standing.prices.by_model.get(model, ()))
        for date, offer in sorted(dated.items()):
            before = price_on(tuple(sorted(held.items())), date)
            if _same(offer.blended, before):
                unchanged += 1
                continue
            if row := _price(model, date, offer, source, refused):
                rows.append(row)
                held[date] = offer.blended
    return Listed(tuple(rows), names, refused, unchanged)


def _by_model_and_date(offers: Iterable[Offer]) -> Iterable[list[Offer]]:
    found: dict[tuple[str, dt.date | None], list[Offer]] = {}
    for offer in offers:
        found.setdefault((squashed(offer.model) or offer.model, offer.date), []).append(offer)
    return found.values()


def _chosen(offers: Sequence[Offer], held: float | None) -> Offer:
    """The maker's own offer, or those of all others: what is known, if somebody still asks it, or else the lowest."""
    offers = [offer for offer in offers if offer.maker] or offers
    return min(offers, key=lambda offer: (not _same(offer.blended, held), offer.blended))


def _same(price: float, held: float | None) -> bool:
    return held is not None and abs(price - held) <= SAME * held


def _price(model: str, date: dt.date, offer: Offer, source: str, refused: list[Problem]) -> Price | None:
    usd = {"blended" if role == "price" else role: value for role, value in offer.usd.items()}
    try:
        return Price.model_validate({"model": model, "date": date, "source": source, **usd})
    except ValidationError as error:
        why = f"{model}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
        refused.append(Problem(offer.place, why))
        return None


def price_table(found: Listed, asked: Asked, board: Board, source: str, own: PriceTable | None) -> PriceTable | None:
    """The user's price list of this name with the new prices; None where there are none.

    Raises
    ------
    InputError
        If it cannot be.
    """
    if not found.rows:
        return None
    rows = {(row.model, row.date): row for row in (*(own.rows if own else ()), *found.rows)}
    head = {
        "schema": 1,
        "name": asked.name,
        "title": asked.title if asked.title and not board.is_scores else own.title if own else f"Prices: {asked.name}",
        "kind": "prices",
        "source": asked.source or source,
        "licence": asked.licence or board.layout.licence or "not stated: for your own use",
        "rows": tuple(sorted(rows.values(), key=lambda row: (row.model, row.date))),
    }
    try:
        return PriceTable.model_validate(head)
    except ValidationError as error:
        raise InputError(f"{asked.name}: {error.errors()[0]['msg']}", "Mend the file.") from None


def added(prices: Prices, rows: Iterable[Price], aliases: Mapping[str, str]) -> Prices:
    """All prices with new ones and new aliases."""
    merged: dict[str, dict[dt.date, float]] = {}
    for row in rows:
        merged.setdefault(row.model, dict(prices.by_model.get(row.model, ())))[row.date] = row.usd
    changed: dict[str, Dated] = {model: tuple(sorted(dated.items())) for model, dated in merged.items()}
    return Prices({**prices.by_model, **changed}, {**prices.aliases, **aliases})
