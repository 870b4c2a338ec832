"""Everything that goes into a forecast, gathered and checked before anything is computed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

import numpy as np

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import parse
from meekcast.cards import library
from meekcast.cards.fitting import check_plausible, check_support, check_units
from meekcast.cards.schema import BenchmarkEntry, ModelCard, PriorSet
from meekcast.clock import decimal_year, mid_month
from meekcast.errors import InputError, naming, nearest
from meekcast.model import theory
from meekcast.observations import EvidenceTable, LossTable, Measurement, Observation, ParameterTable, observations
from meekcast.vocabulary import parameters

ONE_DAY = dt.timedelta(days=1)  # between the first and the last time zone


@dataclass(frozen=True)
class Override:
    """One line by which a user disagrees: ``name = prior``."""

    name: str
    prior: str

    @classmethod
    def read(cls, text: str) -> Override:
        """Read ``NAME=PRIOR``.

        Raises
        ------
        InputError
            If there is no ``=`` or the prior cannot be read.

        Examples
        --------
        >>> Override.read("g_investment=LogNormal(2.4, 90% 2.0..2.9)").name
        'g_investment'
        """
        name, equals, prior = text.partition("=")
        if not equals:
            raise InputError(f"cannot read {text!r}", "Write NAME=VALUE or NAME=PRIOR, such as g_investment=2.4.")
        with naming(name.strip()):
            parse(prior)
        return cls(name.strip(), prior.strip())


@dataclass(frozen=True, eq=False)
class Inputs:
    """A card, a belief and evidence that fit together.

    Parameters
    ----------
    card : ModelCard
        The story.
    priors : PriorSet
        The prior set that was named.
    stated : Belief
        Joint prior of exactly the parameters that the card needs, overrides included, before any evidence.
    tables : tuple of EvidenceTable
        One for each benchmark of the card that has evidence.
    overrides : tuple of Override
        What the user changed in one line.
    as_of : datetime.date, optional
        Only evidence released by then counts; all of it by default.
    informing : tuple of TrendTable or LossTable
        Evidence on parameters rather than scores: `belief` is conditioned by it.
    """

    card: ModelCard
    priors: PriorSet
    stated: Belief
    tables: tuple[EvidenceTable, ...]
    overrides: tuple[Override, ...]
    as_of: dt.date | None = None
    informing: tuple[ParameterTable, ...] = ()

    def at(self, date: dt.date) -> Inputs:
        """The same inputs as of a date: later evidence is there, but does not count.

        The graph of the model stays the same, so that fits at many dates need one compilation.
        """
        return dataclasses.replace(self, as_of=date)

    def known(self, rows: Sequence[Observation]) -> np.ndarray:
        """Which observations count: those released by the date of the inputs."""
        latest = decimal_year(self.as_of) if self.as_of else np.inf
        return np.array([o.year <= latest for o in rows])

    @cached_property
    def counted(self) -> tuple[tuple[BenchmarkEntry, tuple[Observation, ...]], ...]:
        """Observations of each benchmark that count: those of `data` that were released by the date of the inputs."""
        return tuple((benchmark, tuple(compress(rows, self.known(rows)))) for benchmark, rows in self.data)

    @property
    def learns(self) -> bool:
        """Whether there is any evidence, on scores or on parameters."""
        return bool(self.data or self.informing)

    @cached_property
    def measurements(self) -> tuple[tuple[ParameterTable, Measurement | None], ...]:
        """What each informing table says as of the date of the inputs; None where it had too few rows."""
        return tuple((table, table.measurement(self.as_of)) for table in self.informing)

    @cached_property
    def belief(self) -> Belief:
        """Joint prior of the likelihood: as stated, conditioned by what trends and losses say.

        Raises
        ------
        InputError
            If a prior is normal on another scale than what is measured.
        """
        belief = self.stated
        for table, m in self.measurements:
            if m:
                with naming(f"evidence {table.name!r}"):
                    belief = belief.measured(m.parameters, m.scales, m.mean, m.covariance)
        return belief

    @cached_property
    def known_tables(self) -> tuple[EvidenceTable, ...]:
        """The tables as they stood on the date of the inputs.

        Raises
        ------
        InputError
            If a table had no gap yet.
        """
        return tuple(table.until(self.as_of) if self.as_of else table for table in self.tables)

    @cached_property
    def start(self) -> float:
        """Date of t0: a decimal year, or 0 on an elapsed clock."""
        return decimal_year(self.card.start) if self.card.start else 0.0

    @cached_property
    def data(self) -> tuple[tuple[BenchmarkEntry, tuple[Observation, ...]], ...]:
        """Observations of each benchmark."""
        pairs = zip(self.card.observed, self.tables, strict=True)
        return tuple((benchmark, observations(table, benchmark.since, benchmark.rule)) for benchmark, table in pairs)

    @cached_property
    def evidence_times(self) -> np.ndarray:
        """Distinct months of the observations: their middles in years since t0, increasing.

        The model ticks in months: some tables state no days, and departures within a month are below the noise.
        """
        return np.unique([mid_month(o.year) - self.start for _, rows in self.data for o in rows])

    def month_of(self, rows: Sequence[Observation]) -> np.ndarray:
        """Position of each observation's month among `evidence_times`."""
        return np.searchsorted(self.evidence_times, [mid_month(o.year) - self.start for o in rows])

    def sources(self) -> dict[str, str]:
        """Where each parameter's prior comes from."""
        changed = {o.name: f"stated by the user: {o.prior}" for o in self.overrides}
        found = {**self.card.sources(), **self.priors.sources(), **changed}
        for table, measurement in self.measurements:
            for name in table.parameters if measurement else ():
                found[name] = f"{found[name]}; then evidence {table.name!r}: {table.source}"
        return found

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of what card, priors and evidence say."""
        evidence = (*self.tables, *self.informing)
        changes = json.dumps([dataclasses.asdict(o) for o in self.overrides])
        return {
            "card": library.fingerprint(self.card),
            "priors": library.fingerprint(self.priors),
            "overrides": hashlib.sha256(changes.encode()).hexdigest(),
            "evidence": hashlib.sha256("".join(map(library.fingerprint, evidence)).encode()).hexdigest(),
            "as_of": str(self.as_of),
        }


def gather(
    card: str,
    priors: str | None = None,
    overrides: Sequence[Override] = (),
    evidence: Sequence[str] = (),
    today: dt.date | None = None,
) -> Inputs:
    """Load and check everything that a forecast needs.

    Parameters
    ----------
    card : str
        Model card, by name or path.
    priors : str, optional
        Prior set, by name or path; the card's own choice by default.
    overrides : sequence of Override, optional
        Changed priors; on a member of a joint prior they move the others along.
    evidence : sequence of str, optional
        By name or path: tables that replace the card's, each for the benchmark that it names, and trends
        and losses, which inform parameters of any card.
    today : datetime.date, optional
        Evidence from after it is refused; the current date by default.

    Returns
    -------
    Inputs
        What was gathered.

    Raises
    ------
    InputError
        If a file is missing or wrong, or the pieces do not fit together.
    """
    model_card = library.load_card(card)
    set_name = priors or model_card.priors
    prior_set = library.load_priors(set_name)
    files = {library.locate("models", card): model_card, library.locate("priors", set_name): prior_set}
    needed = theory.required_parameters(model_card)
    check_units(files, model_card)
    belief = _believed(model_card, prior_set, needed, overrides)
    scores, informing = _sorted_evidence(model_card, evidence)
    tables = tables_of(model_card, scores)
    _check_dates(model_card, tables, informing, today or dt.date.today())
    gathered = Inputs(model_card, prior_set, belief.only(needed), tables, tuple(overrides), informing=informing)
    stated_in = {name: str(file) for file, source in files.items() for name in source.belief.names}
    stated_in |= dict.fromkeys((o.name for o in overrides), "--set or --prior")
    check_support(model_card, gathered.stated, stated_in)
    check_plausible(model_card, gathered.stated, stated_in)
    for table in informing:
        _check_informs(model_card, table, needed)
    if informing:
        check_support(model_card, gathered.belief, dict.fromkeys(needed, "after the evidence on parameters"))
    return gathered


def _believed(card: ModelCard, priors: PriorSet, needed: AbstractSet[str], overrides: Sequence[Override]) -> Belief:
    """What card and priors say, with the user's changes; everything that is needed, and perhaps more."""
    belief = card.belief.joined(priors.belief)
    missing = needed - set(belief.names) - {o.name for o in overrides}
    if missing:
        raise InputError(
            f"card {card.name!r} needs a prior for {', '.join(sorted(missing))}; prior set {priors.name!r} has none",
            f"Add [parameters.{min(missing)}] to the card or the prior set, or let the set `extends` one that has it; "
            f"or give --prior {min(missing)}=PRIOR, or another set with --priors.",
        )
    for override in overrides:
        if override.name not in needed:
            raise InputError(f"card {card.name!r} has no parameter {override.name!r}", nearest(override.name, needed))
        belief = _changed(belief, override)
    return belief


def _changed(belief: Belief, override: Override) -> Belief:
    """Apply one override."""
    prior = parse(override.prior)
    if override.name not in belief.names:
        return belief.joined(Belief.independent({override.name: prior}))
    with naming(f"{override.name} = {override.prior}"):
        return belief.with_marginal(override.name, prior)


def _check_dates(
    card: ModelCard, tables: Sequence[EvidenceTable], informing: Sequence[ParameterTable], today: dt.date
) -> None:
    """No evidence is from the future, and a card starts before its scores end."""
    known = [(t.name, t.complete_until) for t in tables] + [(t.name, t.last_date()) for t in informing]
    for name, newest in known:
        if newest and newest > today + ONE_DAY:
            raise InputError(
                f"evidence {name!r} is dated {newest}, after today, {today}",
                "Correct the date: what is only expected is no evidence.",
            )
    last = max((table.last_date for table in tables), default=None)
    if card.start and last and card.start > last:
        raise InputError(
            f"card {card.name!r}: start = {card.start} is after all its evidence, which ends on {last}",
            "Choose an earlier start, or newer evidence.",
        )


def _sorted_evidence(
    card: ModelCard, names: Sequence[str]
) -> tuple[dict[str, EvidenceTable], tuple[ParameterTable, ...]]:
    """What the user named, by kind: tables of scores, and with the card's own what informs parameters."""
    scores: dict[str, EvidenceTable] = {}
    own: list[ParameterTable] = [library.load_trend(name) for name in card.trends]
    if card.losses:
        own.append(library.load_losses(card.losses))
    informing: dict[str, ParameterTable] = {table.name: table for table in own}
    for name in names:
        table = library.load_any_evidence(name)
        if isinstance(table, EvidenceTable):
            scores[name] = table
        else:
            informing[table.name] = table
    laws = [table.name for table in informing.values() if isinstance(table, LossTable)]
    if len(laws) > 1:
        raise InputError(
            f"{' and '.join(laws)} both state losses for a scaling law",
            "Name one of them; losses of one corpus belong in one table.",
        )
    return scores, tuple(informing.values())


def _check_informs(card: ModelCard, table: ParameterTable, needed: AbstractSet[str]) -> None:
    """Evidence on parameters is about parameters that the card has."""
    lacking = sorted(set(table.parameters) - needed)
    if not lacking:
        return
    parameters.find(lacking[0])
    having = [n for n in library.names("models") if set(lacking) <= theory.required_parameters(library.load_card(n))]
    raise InputError(
        f"evidence {table.name!r} informs {', '.join(lacking)}, which card {card.name!r} does not have",
        f"Cards that have it: {', '.join(having) or 'none'}.",
    )


def tables_of(card: ModelCard, replacements: Mapping[str, EvidenceTable]) -> tuple[EvidenceTable, ...]:
    """Evidence of each benchmark as the card reads it, replaced where the user named another table.

    Parameters
    ----------
    card : ModelCard
        Names tables, and how they are read.
    replacements : mapping of str to EvidenceTable
        By the name that the user gave.

    Returns
    -------
    tuple of EvidenceTable
        One for each benchmark with evidence.

    Raises
    ------
    InputError
        If a table is about another benchmark or in another unit, or nothing is left of it.
    """
    chosen = {b.name: library.load_evidence(str(b.evidence)) for b in card.observed}
    for name, table in replacements.items():
        if table.benchmark not in chosen:
            raise InputError(
                f"evidence {name!r} is about {table.benchmark!r}, which card {card.name!r} does not read",
                nearest(table.benchmark, chosen),
            )
        chosen[table.benchmark] = table
    for benchmark in card.observed:
        if chosen[benchmark.name].unit != benchmark.unit:
            raise InputError(
                f"card {card.name!r} states {benchmark.name!r} in {benchmark.unit}, "
                f"evidence {chosen[benchmark.name].name!r} in {chosen[benchmark.name].unit}",
                "Bring both to one unit.",
            )
        if chosen[benchmark.name].benchmark != benchmark.name:
            raise InputError(
                f"card {card.name!r} reads {benchmark.name!r} from evidence {benchmark.evidence!r}, "
                f"which is about {chosen[benchmark.name].benchmark!r}",
                "Name evidence of the same benchmark.",
            )
        chosen[benchmark.name] = _without_late_prices(chosen[benchmark.name], benchmark)
        observations(chosen[benchmark.name], benchmark.since, benchmark.rule)  # refuses if nothing is left
    return tuple(chosen[b.name] for b in card.observed)


def _without_late_prices(table: EvidenceTable, benchmark: BenchmarkEntry) -> EvidenceTable:
    """What the card reads of a table: likelihood, standing records and targets of a backtest all follow."""
    if benchmark.prices_within is None:
        return table
    read = table.priced_within(benchmark.prices_within)
    library.made_of(read, table)
    return read
