"""A forecast as ``meekcast.forecast`` and ``meekcast.open`` give it: one class, wherever it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, override

from meekcast.door.rows import (
    data_age,
    event_cells,
    event_columns,
    event_row,
    health_line,
    made_from,
    parameter_row,
)
from meekcast.door.shown import Listing, Sheet, Shown, frame

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from meekcast.clock import When
    from meekcast.door.answer import Answer
    from meekcast.door.named import Named
    from meekcast.door.pictures import ForecastPlots
    from meekcast.door.sensitivities import Sensitivity
    from meekcast.door.source import Source
    from meekcast.door.watch import Watch
    from meekcast.inference.diagnostics import DiagnosticsDocument
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary


class Forecast(Shown):
    """A forecast, fresh or opened; it cannot be changed.

    `meekcast.forecast` makes one, `meekcast.open` reads one from a folder.

    Attributes
    ----------
    document : dict
        The summary, as ``summary.json`` holds it.

    Examples
    --------
    >>> import meekcast as mk
    >>> f = mk.forecast("paper", today="2026-11-21")
    >>> f
    Meek models shall inherit the earth
      event                                                  date  P(by 5 y)  P(by 10 y)  P(not by 30 y)
      the loss gap passes its peak                          3.3 y      100 %       100 %             0 %
      the loss gap falls below 0.1 nats                     9.3 y        0 %       100 %             0 %
      the loss gap falls below 0.05 nats                   13.0 y        0 %         0 %             0 %
      a short post (1,000 tokens) no longer tells them     27.2 y        0 %         0 %             0 %
        apart
    card paper, priors paper; asked on 2026-11-21
    no evidence: the card's equations and the priors alone
    health ok: point values, 1 draw
    """

    def __init__(self, source: Source) -> None:
        self.source = source

    @property
    def document(self) -> Summary:
        """The summary, as ``summary.json`` holds it."""
        return self.source.summary

    @property
    def inputs(self) -> Inputs:
        """Card, belief and evidence from which the forecast was made."""
        return self.source.inputs

    @cached_property
    def tree(self) -> xr.DataTree:
        """Everything as one DataTree, which any function of ArviZ takes.

        Groups: ``posterior``, ``prior``, ``log_prior``; ``sample_stats`` where chains were run; ``log_likelihood``
        (one value a datum; one variable for all benchmarks, so that ``arviz.loo`` and ``arviz.compare`` take it),
        ``observed_data``, ``posterior_predictive`` and ``prior_predictive`` where the card reads scores;
        ``constant_data``, parameters that are known exactly; ``departures`` of the paths from theory;
        ``predictions`` and ``events``, by chain and draw; ``bands``; ``evidence``. Prior means the prior of the
        scores: trends and losses, where a card reads them, have informed it already.

        ``arviz.plot_psense_dist`` has a dimension ``alpha`` of its own; for it alone, rename the parameter in a copy:
        ``tree["posterior"] = tree["posterior"].to_dataset().rename(alpha="exponent")``.

        Examples
        --------
        >>> import meekcast as mk
        >>> sorted(mk.forecast("paper", priors="literature").tree.children)
        ['bands', 'constant_data', 'events', 'log_prior', 'posterior', 'predictions', 'prior']
        """
        from meekcast.door.tree import arviz_tree

        return arviz_tree(self.source.tree, self.source.draws.table(), self.inputs, self.document["seed"])

    @property
    def bands(self) -> xr.Dataset:
        """Quantiles of every quantity over ``quantile`` and ``time``, with units."""
        return self.source.bands

    @property
    def events(self) -> pd.DataFrame:
        """When the card's events happen: quantiles of the date, and probabilities.

        Dates are decimal years (years since the start on an elapsed clock), ``inf`` where not by the horizon.

        Examples
        --------
        >>> import meekcast as mk
        >>> events = mk.forecast("paper").events
        >>> events.loc["the loss gap passes its peak", [0.5, "P(by 5)"]].round(2).tolist()
        [3.34, 1.0]
        """
        return frame([event_row(event, self.document) for event in self.document["events"]], "event")

    @property
    def lags(self) -> pd.DataFrame:
        """Months by which each follower trails the frontier, now and at the end of some years: quantiles.

        One row a follower and date. ``document["lags"]`` also has the lags that boards have shown.

        Raises
        ------
        InputError
            If the card has no calendar or reads no evidence.
        """
        from meekcast.door.ahead import lag_table

        return lag_table(self.document)

    @property
    def pool(self) -> pd.DataFrame:
        """Gaps that boards will show: by card, damped persistence and the pool of both, and the card's true gap.

        One row a series, date and forecast; ``headline`` marks the forecast to go by on that date. Weights and
        probabilities that a gap is below some thresholds are in ``document["pool"]``.

        Raises
        ------
        InputError
            If the card has no calendar or reads no evidence.
        """
        from meekcast.door.ahead import pool_table

        return pool_table(self.document)

    def at(self, quantity: str, dates: When | str | Iterable[When | str]) -> pd.DataFrame:
        """Quantiles of a quantity at some dates.

        Parameters
        ----------
        quantity : str
            One of `bands`.
        dates : float, str or datetime.date, or several
            2027 is the end of the year 2027, 2027.5 and "2027-06-30" are instants; on an elapsed clock numbers
            are years since the start.

        Returns
        -------
        pandas.DataFrame
            One row a date, one column a quantile; the unit is in ``.attrs``.

        Raises
        ------
        InputError
            If there is no such quantity, or a date lies outside the forecast.

        Examples
        --------
        >>> import meekcast as mk
        >>> mk.forecast("paper").at("loss_gap", [5, 10])[0.5].round(3).tolist()
        [0.185, 0.088]
        """
        from meekcast.door.quantiles import quantiles_at

        return quantiles_at(self.source.draws, quantity, dates)

    def when(self, expression: str, by: Iterable[When | str] = (), given: Sequence[str] = ()) -> Answer:
        """Ask when something happens, as ``meekcast when`` does.

        Parameters
        ----------
        expression : str
            The event, such as ``"loss_gap < 0.05"``; ``meekcast quantities`` lists what can be asked, and the grammar.
        by : iterable, optional
            Dates by which it may have happened; 2030 is the end of that year.
        given : sequence of str, optional
            Conditions; only draws in which all are true count.

        Returns
        -------
        Answer
            The distribution of the date.

        Raises
        ------
        InputError
            If the question cannot be read, does not fit, or its conditions leave too few draws.

        Examples
        --------
        >>> import meekcast as mk
        >>> answer = mk.forecast("paper").when("loss_gap < 0.05", by=[12, 15])
        >>> round(answer.quantiles["0.5"], 3), [p.value for p in answer.probability_by.values()]
        (13.002, [0.0, 1.0])
        """
        from meekcast.door.answer import Answer

        return Answer.asked(expression, self.source.draws, by, given, self.source.today)

    def grid(self, question: str, by: Iterable[When | str] = (), given: Sequence[str] = ()) -> pd.DataFrame:
        """Ask a question at several thresholds, as ``meekcast when --grid`` does.

        Parameters
        ----------
        question : str
            With a list of numbers: ``"gpqa_gap_observed < 1,3,5,10"``.
        by, given
            As in `when`.

        Returns
        -------
        pandas.DataFrame
            Probabilities: one row a threshold, one column a date. In ``.attrs``: the question, the ``units`` of the
            thresholds, and ``errors``, the Monte Carlo error of each probability by date and threshold.

        Raises
        ------
        InputError
            As `when`, or if there is no list of numbers.

        Examples
        --------
        >>> import meekcast as mk
        >>> mk.forecast("paper").grid("loss_gap < 0.05, 0.1, 0.2", by=[5, 10]).loc[0.1].to_dict()
        {'5': 0.0, '10': 1.0}
        """
        from meekcast.door.grid import grid_table

        return grid_table(question, self.source.draws, by, given)

    def watch(self, evidence: Named | Iterable[Named] = (), as_of: dt.date | str | None = None) -> Watch:
        """Hold newer evidence against the forecast, as `meekcast.watch` does.

        Parameters
        ----------
        evidence, as_of
            As in `meekcast.watch`.

        Returns
        -------
        Watch
            Coverage, CRPS and a verdict for each series and overall.
        """
        from meekcast.door.watch import watched
        from meekcast.runs.held import Earlier

        told = f"forecast of {self.source.summary['card']}"
        return watched(Earlier(told, self.source.inputs, self.source.draws, self.source.summary), evidence, as_of)

    @property
    def plot(self) -> ForecastPlots:
        """Pictures: ``f.plot.lags()``, ``f.plot.gap()``, ``f.plot.loss()``, ``f.plot.when(...)``, and others."""
        from meekcast.door.pictures import ForecastPlots

        return ForecastPlots(self.source)

    def summary(
        self, var_names: Sequence[str] | None = None, ci_prob: float = 0.9, ci_kind: str = "eti"
    ) -> pd.DataFrame:
        """ArviZ's summary of the posterior; the interval is named, never left to a default of ArviZ's.

        Parameters
        ----------
        var_names : sequence of str, optional
            Parameters; all that are not known exactly by default.
        ci_prob : float, default 0.9
            Probability of the interval.
        ci_kind : {"eti", "hdi"}, default "eti"
            Central (equal tails), or of highest density.

        Returns
        -------
        pandas.DataFrame
            One row a parameter; r-hat and ESS where chains were run.
        """
        from arviz_stats import summary

        kind = "all" if "sample_stats" in self.tree.children else "stats"
        names = None if var_names is None else list(var_names)
        table: pd.DataFrame = summary(
            self.tree, var_names=names, kind=kind, ci_prob=ci_prob, ci_kind=ci_kind, round_to="none"
        )
        return table

    @property
    def health(self) -> Health:
        """Whether the draws can be believed, and what to do if not."""
        return Health(self.document["diagnostics"])

    @property
    def parameters(self) -> Listing:
        """Every parameter: unit, prior and posterior (median, central 90 % interval), and its source."""
        rows = tuple(parameter_row(name, entry) for name, entry in self.document["parameters"].items())
        return Listing(f"Parameters of {self.document['card']}", rows, ("parameter", "unit", "prior", "posterior"))

    def save(self, folder: str | Path) -> Path:
        """Write a run folder, as ``meekcast forecast`` writes it; `meekcast.open` opens it again.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where; files of an earlier run are replaced when all new ones are whole.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        OutputError
            If it cannot be written; earlier files stay.
        """
        self.source.write(Path(folder))
        return Path(folder)

    def report(self, file: str | Path, beside: Iterable[Forecast] = (), drivers: Sensitivity | None = None) -> Path:
        """Write the forecast as one HTML page that needs no network, as ``meekcast report`` does.

        Parameters
        ----------
        file : str or pathlib.Path
            Where.
        beside : iterable of Forecast, optional
            Other stories or beliefs that stand beside it, on the same clock.
        drivers : Sensitivity, optional
            What drives the answer (`meekcast.sensitivity`); of an opened run, what stands in its folder by default.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            If a forecast beside it is on another clock.
        OutputError
            If the file cannot be written; an earlier one stays.
        """
        from meekcast.door.page import page_of, write_page

        return write_page(page_of(self.source, drivers.document if drivers else None, beside), Path(file))

    @override
    def _sheet(self) -> Sheet:
        document = self.document
        rows = [event_cells(event, document) for event in document["events"]]
        notes = [made_from(document), data_age(document), health_line(document["diagnostics"])]
        return Sheet(document["title"], event_columns(document), rows, [note for note in notes if note])


class Health(Shown):
    """Verdict on how the draws were obtained.

    Parameters
    ----------
    document : dict
        As in ``summary.json``: status, method, draws, r-hat, effective sample sizes, divergences, findings.
    """

    def __init__(self, document: DiagnosticsDocument) -> None:
        self.document = document

    @property
    def status(self) -> str:
        """The worst finding: ok, warn or fail."""
        return str(self.document["status"])

    @override
    def _sheet(self) -> Sheet:
        found = [f"{f['status']}: {f['message']}. {f['remedy']}" for f in self.document["findings"]]
        return Sheet(health_line(self.document), notes=found)
