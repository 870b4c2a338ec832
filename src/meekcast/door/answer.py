"""The answer to a question, as it shows itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, override

from meekcast.door.shown import Sheet, Shown, frame
from meekcast.forecasts.questions.answer import Answer as CoreAnswer
from meekcast.forecasts.questions.when import when

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.clock import When
    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.questions.answer import Span
    from meekcast.forecasts.questions.monte_carlo import Probability
    from meekcast.plots.types import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Shown, CoreAnswer):
    """Distribution of the date of an event, or the probability on a date.

    It has the fields of `meekcast.forecasts.questions.answer.Answer` (``quantiles``, ``dates``, ...).

    Parameters
    ----------
    source : Draws
        What was asked.
    today : datetime.date
        The date on which it was asked.
    """

    source: Draws
    today: dt.date

    @classmethod
    def asked(
        cls, expression: str, source: Draws, by: Iterable[When | str], given: Sequence[str], today: dt.date
    ) -> Self:
        """Put a question to draws."""
        found = when(expression, source, by, given)
        return cls(**{name: getattr(found, name) for name in found.__dataclass_fields__}, source=source, today=today)

    @property
    def table(self) -> pd.DataFrame:
        """Probability that it has happened by the end of every year, with its Monte Carlo error."""
        rows = [{"by": year, "probability": p.value, "error": p.error} for year, p in self.cdf.items()]
        return frame(rows, "by")

    def plot(self) -> Figure:
        """Distribution of the date above its density, and the mass that has none.

        Raises
        ------
        InputError
            If the question is about one date, and so has no distribution.
        """
        from meekcast.door.pictures import answer_figure

        return answer_figure(self, self.source, self.today)

    @override
    def _sheet(self) -> Sheet:
        from meekcast.report.answers import chance_text
        from meekcast.report.tables import date_text

        point = self.draws == 1
        chances = self._chances() if self.quantiles else {"probability": self.probability}
        shown = {name: chance_text({"value": p.value, "error": p.error}, point) for name, p in chances.items()}
        if self.quantiles:
            span: Span = {"clock": self.source.clock, "start": self.source.start, "horizon": self.source.horizon}
            dates = {p: date_text(date, span) for p, date in self.quantiles.items()}
            shown = {"median": dates["0.5"], "90 % interval": f"{dates['0.05']} – {dates['0.95']}"} | shown
        given = [f"given {' and '.join(self.given)}: {self.draws:,} draws"] if self.given else []
        notes = [f"card {self.source.card}", *given]
        return Sheet(f"When: {self.expression}", list(shown), [list(shown.values())], notes)

    def _chances(self) -> dict[str, Probability]:
        unit = "" if self.source.calendar else " y"
        by = {f"P(by {year}{unit})": p for year, p in self.probability_by.items()}
        return by | {f"P(not by {self.source.horizon:g}{unit})": self.probability_not_by_horizon}
