"""Pictures of results: ``f.plot.gap()``. Drawing itself is in `meekcast.plots`."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, override

from meekcast.errors import InputError, nearest
from meekcast.files import Document

if TYPE_CHECKING:
    from meekcast.backtests.documents import BacktestDocument
    from meekcast.calibrations.documents import CalibrationDocument
    from meekcast.clock import When
    from meekcast.door.source import Source
    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.plots.types import Axes, Figure
    from meekcast.sensitivities.analysis import Question
    from meekcast.stacks.documents import StackDocument


class Plots:
    """Pictures, each a method that returns a matplotlib figure."""

    @override
    def __repr__(self) -> str:
        """Return the names of the pictures."""
        names = [name for name in dir(self) if not name.startswith("_")]
        return textwrap.fill("Pictures: " + ", ".join(f".{name}()" for name in names), subsequent_indent="  ", width=79)


def displayed(figure: Figure) -> Figure:
    """A figure that a notebook shows."""
    from meekcast.plots import style

    return style.displayed(figure)


def _with_legend(ax: Axes) -> Axes:
    ax.legend(fontsize="small")
    return ax


class ForecastPlots(Plots):
    """Pictures of a forecast.

    Parameters
    ----------
    source : Source
        The forecast.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def gap(self, quantity: str | None = None, *, ax: Axes | None = None) -> Figure | Axes:
        """Bands of the gap against time, with the evidence and today.

        Parameters
        ----------
        quantity : str, optional
            One gap, such as ``"gpqa_gap"``; those of all benchmarks by default.
        ax : matplotlib.axes.Axes, optional
            Where to draw one gap.

        Returns
        -------
        matplotlib.figure.Figure or matplotlib.axes.Axes
            The axes, if they were given.

        Raises
        ------
        InputError
            If there is no such gap, or axes are given for several.
        """
        from meekcast.plots import forecast

        names = forecast.gap_quantities(self._source)
        if quantity is not None and quantity not in names:
            raise InputError(f"there is no picture of {quantity!r}", nearest(quantity, names))
        if ax is None:
            return displayed(forecast.gap_figure(self._source, [quantity] if quantity else ()))
        if quantity is None and len(names) > 1:
            raise InputError(f"one pair of axes cannot hold {len(names)} gaps", f"Name one: {', '.join(names)}.")
        return _with_legend(forecast.draw_gap(ax, self._source, quantity or names[0]))

    def lags(self) -> Figure:
        """Months behind of every follower over time, with the lags that boards have shown.

        Raises
        ------
        InputError
            If the card has no calendar or reads no scores.
        """
        from meekcast.plots.lags import lags_figure

        self._refuse_without_lags()
        return displayed(lags_figure(self._source))

    def lag_check(self) -> Figure:
        """How long the frontier's levels stayed unmatched, as boards have shown and as the forecast has it.

        Raises
        ------
        InputError
            If the card has no calendar or reads no scores.
        """
        from meekcast.plots.lag_check import lag_check_figure

        self._refuse_without_lags()
        return displayed(lag_check_figure(self._source))

    def _refuse_without_lags(self) -> None:
        from meekcast.forecasts.lags import tells_lags

        if not tells_lags(self._source.inputs):
            raise InputError(
                f"card {self._source.summary['card']!r} has no calendar or reads no scores: no lag was ever seen",
                "Forecast with a card that does, such as leaderboard.",
            )

    def followers(self) -> Figure:
        """How far behind each follower is, and its gap on every board."""
        from meekcast.plots.followers import followers_figure

        return displayed(followers_figure(self._source))

    def loss(self, *, ax: Axes | None = None) -> Figure | Axes:
        """Bands of both actors' loss against time; on `ax` where it is given."""
        from meekcast.plots import forecast

        if ax is None:
            return displayed(forecast.loss_figure(self._source))
        return _with_legend(forecast.draw_loss(ax, self._source))

    def prior_posterior(self) -> Figure:
        """Prior and posterior of every parameter that is not known exactly."""
        from meekcast.plots.parameters import prior_posterior_figure

        return displayed(prior_posterior_figure(self._source))

    def check(self) -> Figure:
        """What the model would have shown, under prior and posterior, against what was seen."""
        from meekcast.forecasts.checks import replicated
        from meekcast.plots.checks import check_figure

        source = self._source
        checks = replicated(source.inputs, source.draws.posterior, source.summary["seed"])
        if not checks:
            raise InputError(
                f"card {source.summary['card']!r} reads no scores: there is nothing to check",
                "Forecast with a card that does, such as leaderboard.",
            )
        return displayed(check_figure(checks))

    def when(self, expression: str, by: Iterable[When | str] = (), given: Sequence[str] = ()) -> Figure:
        """Distribution of a date, see `meekcast.door.result.Forecast.when`."""
        from meekcast.forecasts.questions.when import when

        return answer_figure(when(expression, self._source.draws, by, given), self._source.draws, self._source.today)


def answer_figure(answer: Answer, draws: Draws, today: dt.date) -> Figure:
    """Distribution of a date above its density, and the mass that has none.

    Raises
    ------
    InputError
        If the question is about one date, and so has no distribution.
    """
    if not answer.quantiles:
        raise InputError(
            f"'{answer.expression}' is asked on a date: its answer is one number",
            "Drop the `at` to ask when it happens.",
        )
    from meekcast.clock import decimal_year
    from meekcast.plots.when import Curve, when_figure

    return displayed(when_figure([Curve("", answer)], draws, decimal_year(today)))


class BacktestPlots(Plots):
    """Pictures of a backtest."""

    def __init__(self, document: BacktestDocument) -> None:
        self._document = document

    def intervals(self) -> Figure:
        """What was forecast for each target date, and what was seen."""
        from meekcast.plots.backtest import intervals_figure

        return displayed(intervals_figure(self._document))

    def calibration(self) -> Figure:
        """Where the seen gaps fell in their forecasts, and how many lay in the intervals."""
        from meekcast.plots.backtest import calibration_figure

        return displayed(calibration_figure(self._document))

    def errors(self) -> Figure:
        """Errors of the card and of the baselines, by horizon."""
        from meekcast.plots.backtest import errors_figure

        return displayed(errors_figure(self._document))


class CalibrationPlots(Plots):
    """Pictures of a calibration."""

    def __init__(self, document: CalibrationDocument) -> None:
        self._document = document

    def ranks(self) -> Figure:
        """How far the ranks of truths among draws are from uniform, by kind of quantity."""
        from meekcast.plots.calibration import ranks_figure

        return displayed(ranks_figure(self._document))


class StackPlots(Plots):
    """Pictures of a stack."""

    def __init__(self, document: StackDocument) -> None:
        self._document = document

    def events(self) -> Figure:
        """What each card contributes to the probability that an event has happened."""
        from meekcast.plots.stack import stack_figure

        return displayed(stack_figure(self._document))


class SensitivityPlots(Plots):
    """Pictures of what drives the answers."""

    def __init__(self, question: Question, document: Document) -> None:
        self._question, self._document = question, document

    def over_time(self) -> Figure:
        """Shares of the variance, year by year."""
        from meekcast.plots.sensitivity import over_time_figure

        return displayed(over_time_figure(self._document))

    def tornado(self) -> Figure:
        """Each input from its 5 % to its 95 % quantile, the others as the evidence ties them, or at their medians."""
        from meekcast.plots.sensitivity import tornado_figure

        return displayed(tornado_figure(self._document))

    def pairs(self) -> Figure:
        """Draws of the inputs that say most about the most open answer."""
        from meekcast.plots.sensitivity import pairs_figure

        return displayed(pairs_figure(self._question, self._document))

    def power_scaling(self) -> Figure:
        """How far the answers move if a prior, or the data, counted twice."""
        from meekcast.plots.sensitivity import power_scaling_figure

        return displayed(power_scaling_figure(self._document))


class ScenarioPlots(Plots):
    """Pictures of scenarios."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = documents

    def dates(self) -> Figure:
        """Dates of every event under the base and under each scenario."""
        from meekcast.plots.compare import comparison_figure

        return displayed(comparison_figure(self._documents))
