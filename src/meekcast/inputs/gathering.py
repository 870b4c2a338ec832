"""Card, belief and evidence looked up by name, held against each other, and brought to a date."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import parse
from meekcast.cards import library
from meekcast.cards.fitting import check_plausible, check_support, check_units
from meekcast.cards.priors import PriorSet
from meekcast.cards.reading import boards_of, sorted_evidence
from meekcast.cards.schema import ModelCard
from meekcast.errors import InputError, naming, nearest
from meekcast.inputs.inputs import Inputs, Override, Own
from meekcast.model import theory
from meekcast.observations import EvidenceTable, ParameterTable, ScoreTable
from meekcast.vocabulary import parameters

ALIKE = 0.6
"""Correlation of the same parameter of two boards that share a prior: the part of its variance that all have."""

ONE_DAY = dt.timedelta(days=1)  # between the first and the last time zone


def as_asked(inputs: Inputs, today: dt.date | None = None, as_of: dt.date | None = None) -> tuple[Inputs, dt.date]:
    """Inputs and the date of asking: who asks on a date of the past knows no more than was known then.

    Parameters
    ----------
    inputs : Inputs
        With all their evidence.
    today : datetime.date, optional
        Date of asking; that of the evidence if it is stated, else the current one.
    as_of : datetime.date, optional
        Only what was known on this date counts; on the date of asking by default.

    Returns
    -------
    tuple of Inputs and datetime.date
        As known, and the date of asking.

    Raises
    ------
    InputError
        If the evidence is asked for as of a date after the date of asking, or there was no gap yet.
    """
    on = today or as_of or dt.date.today()
    if as_of and as_of > on:
        raise InputError(
            f"evidence as of {as_of}, asked on {on}: nobody knew it yet", "Give --as-of no later than --today."
        )
    known = [*(table.complete_until for table in inputs.tables), *(table.last_date() for table in inputs.informing)]
    newest = max((date for date in known if date), default=None)
    until = as_of or (on if newest and newest > on + ONE_DAY else None)
    return (inputs.as_known(until) if until else inputs), on


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
    scores, informing = sorted_evidence(model_card, evidence)
    boards = boards_of(model_card, scores)
    own = _own(model_card, needed, prior_set, bool(overrides))
    gathered = Inputs(model_card, prior_set, belief.only(needed), boards, tuple(overrides), None, informing, own)
    _check_dates(model_card, gathered.tables, informing, today or dt.date.today())
    stated_in = {name: str(file) for file, source in files.items() for name in source.belief.names}
    stated_in |= dict.fromkeys((o.name for o in overrides), "--set or --prior")
    stated_in = dict.fromkeys(gathered.stated.names, f"{card}, as of its first follower") | stated_in
    check_support(model_card, gathered.stated, stated_in)
    check_plausible(model_card, gathered.stated, stated_in)
    for table in informing:
        _check_informs(model_card, table, needed)
    if informing:
        check_support(model_card, gathered.belief, dict.fromkeys(needed, "after the evidence on parameters"))
    return gathered


def renewed(inputs: Inputs, evidence: Sequence[str] = (), today: dt.date | None = None) -> Inputs:
    """The same card and belief with the scores of today, whatever the date of the inputs.

    Parameters
    ----------
    inputs : Inputs
        As they were gathered, perhaps long ago.
    evidence : sequence of str, optional
        Tables of scores that replace those of their benchmarks, by name or path. Other benchmarks are read from the
        table of the name that the inputs have: the card's own, or one that stands where evidence is found by name.
    today : datetime.date, optional
        Evidence from after it is refused; the current date by default.

    Returns
    -------
    Inputs
        Boards read anew by the card's rules.

    Raises
    ------
    InputError
        If a table is missing or wrong, or is no table of scores of the card's benchmarks, in their units.
    """
    named = {name: _scores(name) for name in evidence}
    given = {table.benchmark for table in named.values()}
    for benchmark, table in zip(inputs.card.observed, inputs.tables, strict=True):
        if benchmark.name not in given and table.name != library.load_evidence(str(benchmark.evidence)).name:
            if table.name not in library.names("evidence"):
                raise InputError(
                    f"{benchmark.name!r} was read from evidence {table.name!r}, which is not found by that name",
                    "Give the newer table with --evidence, by its path.",
                )
            named[table.name] = library.load_evidence(table.name)
    anew = dataclasses.replace(inputs, boards=boards_of(inputs.card, named), as_of=None)
    _check_dates(anew.card, anew.tables, (), today or dt.date.today())
    return anew


def _scores(name: str) -> EvidenceTable | ScoreTable:
    table = library.load_any_evidence(name)
    if isinstance(table, EvidenceTable | ScoreTable):
        return table
    raise InputError(
        f"evidence {name!r} informs parameters, it holds no scores",
        "Name a table of scores, records or gaps; `meekcast evidence` lists them.",
    )


def _believed(card: ModelCard, priors: PriorSet, needed: AbstractSet[str], overrides: Sequence[Override]) -> Belief:
    """What card and priors say, with the user's changes; everything that is needed, and perhaps more."""
    belief = _as_usual(card, _as_the_first(card, card.belief.joined(priors.belief), needed), needed)
    missing = needed - set(belief.names) - {o.name for o in overrides}
    if missing:
        raise InputError(
            f"card {card.name!r} needs a prior for {', '.join(sorted(missing))}; prior set {priors.name!r} has none",
            f"Add [parameters.{min(missing)}] to the card or the prior set, or let the set `extends` one that has it; "
            f"or give --prior {min(missing)}=PRIOR, or another set with --priors.{_kind_missing(card, missing)}",
        )
    for override in overrides:
        if override.name not in needed:
            raise InputError(f"card {card.name!r} has no parameter {override.name!r}", nearest(override.name, needed))
        belief = _changed(belief, override)
    return belief


def _kind_missing(card: ModelCard, missing: AbstractSet[str]) -> str:
    """How a board of which nothing is said comes to its priors."""
    board = next((b for b in card.benchmarks if not b.kind and min(missing).startswith(f"{b.name}_")), None)
    return f' Or write kind = "knowledge", or another kind, under benchmark {board.name!r}.' if board else ""


def _own(card: ModelCard, needed: AbstractSet[str], priors: PriorSet, changed: bool) -> Own | None:
    """What the card says by itself; None where nothing is changed, or where it is only the changes that suffice."""
    try:
        own = library.load_priors(card.priors)
        if not changed and library.fingerprint(own) == library.fingerprint(priors):
            return None
        return Own(own, _believed(card, own, needed, ()).only(needed))
    except InputError:
        return None


def _as_the_first(card: ModelCard, belief: Belief, needed: AbstractSet[str]) -> Belief:
    """Where nothing is said of a later follower's own parameter, what is said of the first one's holds for it too."""
    for follower in card.followers[1:]:
        for own in theory.own_parameters(card, follower):
            name = f"{card.prefix(follower)}{own}"
            if name in needed and name not in belief.names and own in belief.names:
                belief = belief.joined(belief.only([own]).renamed({own: name}))
    return belief


def _as_usual(card: ModelCard, belief: Belief, needed: AbstractSet[str]) -> Belief:
    """Where nothing is said of a board's parameter, what is said of boards of its kind, or of any, holds for it.

    Boards that share such a prior are exchangeable (a hierarchical model, what they have in common integrated out).
    """
    sharing: dict[str, list[str]] = {}
    for board in card.benchmarks:
        for role in parameters.LINK_ROLES:
            name = f"{board.name}_{role}"
            said = next((usual for usual in parameters.usual(board.kind, role) if usual in belief.names), None)
            if said and name in needed and name not in belief.names:
                belief = belief.joined(belief.only([said]).renamed({said: name}))
                sharing.setdefault(said, []).append(name)
    pooled = [names for said, names in sharing.items() if said.endswith(parameters.POOLED)]
    pairs = [pair for names in pooled for pair in itertools.combinations(names, 2)]
    return belief.correlated(dict.fromkeys(pairs, ALIKE)) if pairs else belief


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
