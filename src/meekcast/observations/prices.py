"""Price lists: what models cost, by date, and the names under which boards know them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from meekcast.observations.schema import Table, Text
from meekcast.observations.sheet import CsvDate, CsvPositive, CsvRow, RowFault

type Dated = tuple[tuple[dt.date, float], ...]
"""Blended prices of a model from their dates on, in order of date."""


class Price(CsvRow):
    """A price from a date on, in USD per million tokens: a row of a CSV file.

    The first price of a model holds from its release on, because archives of prices start late.
    """

    model: Text
    date: CsvDate
    input: CsvPositive | None = None
    output: CsvPositive | None = None
    blended: CsvPositive | None = None
    source: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Price:
        both, neither = self.input and self.output, not (self.input or self.output)
        if not (both or neither):
            raise ValueError(f"{self.model}: input and output go together; where only the mix is known, give blended")
        if bool(both) == bool(self.blended):
            found = "both are given" if both else "none is given"
            raise ValueError(f"{self.model}: give input and output, or blended alone ({found})")
        return self

    @property
    def usd(self) -> float:
        """Blended price: three parts input, one part output.

        Examples
        --------
        >>> Price(model="m", date="2025-01-01", input=1, output=5).usd
        2.0
        """
        if self.input and self.output:
            return (3 * self.input + self.output) / 4
        assert self.blended
        return self.blended


class PriceTable(Table):
    """Prices of models: a TOML file, with its rows in a CSV file beside it."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("model", "date", "input", "output", "blended", "source")
    OPTIONAL: ClassVar[tuple[str, ...]] = ()
    ROW: ClassVar[type[Price]] = Price

    kind: Literal["prices"]
    rows: Annotated[tuple[Price, ...], Field(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _consistent(self) -> PriceTable:
        seen: set[tuple[str, dt.date]] = set()
        for number, row in enumerate(self.rows):
            if (row.model, row.date) in seen:
                raise RowFault(number, "date", f"duplicate row: {row.model}, {row.date} (keep one)")
            seen.add((row.model, row.date))
        return self

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.rows)


class Alias(CsvRow):
    """A name as boards write it, and the model of the price list that it means: a row of a CSV file."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("alias", "model")

    alias: Text
    model: Text


@dataclass(frozen=True)
class Prices:
    """Prices of models by date, whatever a board calls them.

    Parameters
    ----------
    by_model : mapping of str to tuple
        Dates and blended prices of each model, in order of date.
    aliases : mapping of str to str
        Other names of these models.
    """

    by_model: Mapping[str, Dated] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_tables(cls, tables: Iterable[PriceTable], aliases: Iterable[Alias] = ()) -> Prices:
        """Merge price lists: of the same model and date, and of the same alias, the later one wins.

        Parameters
        ----------
        tables : iterable of PriceTable
            Price lists, the user's behind those that ship.
        aliases : iterable of Alias
            Names, in the same order.

        Returns
        -------
        Prices
            All of them.
        """
        merged: dict[str, dict[dt.date, float]] = {}
        for table in tables:
            for row in table.rows:
                merged.setdefault(row.model, {})[row.date] = row.usd
        by_model = {model: tuple(sorted(prices.items())) for model, prices in merged.items()}
        return cls(by_model, {row.alias: row.model for row in aliases})

    def of(self, name: str) -> Dated:
        """Blended prices of a model by date, in USD per million tokens; none if it is not known.

        Examples
        --------
        >>> prices = Prices({"m-1": ((dt.date(2025, 1, 1), 2.0),)}, {"Model One": "m-1"})
        >>> [usd for _, usd in prices.of("Model One")], prices.of("Model Two")
        ([2.0], ())
        """
        return self.by_model.get(self.aliases.get(name, name), ())


def price_on(seen: Dated, date: dt.date) -> float | None:
    """Price in force on a date: the last one seen by then, before that the first one.

    Examples
    --------
    >>> seen = ((dt.date(2025, 1, 9), 2.0), (dt.date(2025, 6, 1), 0.5))
    >>> price_on(seen, dt.date(2025, 1, 1)), price_on(seen, dt.date(2025, 6, 1)), price_on((), dt.date(2025, 1, 1))
    (2.0, 0.5, None)
    """
    held = [usd for day, usd in seen if day <= date] or [usd for _, usd in seen[:1]]
    return held[-1] if held else None
