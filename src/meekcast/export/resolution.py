"""What a question means in words that somebody else can resolve it by: from its expression and what the run read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from meekcast.clock import to_date, when_text
from meekcast.export.naming import SEEN, board_of, follower_of
from meekcast.vocabulary.expression import Duration, Expression
from meekcast.vocabulary.grammar import parse

if TYPE_CHECKING:
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.runs.documents import FollowerDocument
    from meekcast.runs.read import StoredRun

_ENTRIES = {
    "price": "a model counts from the day on which it first costs so little, be it by a cut of its price",
    "first_price": "a model counts from its release if its first price was so low",
    "release": "a model counts from its release if it ever cost so little",
}


class Source(TypedDict):
    """A board that a question resolves from."""

    quantity: str
    board: str
    source: str
    licence: str
    as_of: str


class Resolution(TypedDict):
    """The texts of a question; without a source nobody can resolve it from what is published."""

    resolution_criteria: str
    fine_print: str
    sources: list[Source]


def resolution(run: StoredRun, event: Answer, first: str, last: str) -> Resolution:
    """Say what the date of an event is, from which boards it is known, and what decides in doubt.

    Parameters
    ----------
    run : StoredRun
        The run.
    event : Answer
        One that has a date.
    first, last : str
        Range of the question, as it names it.

    Returns
    -------
    dict
        ``resolution_criteria`` and ``fine_print``, one sentence or quantity a line, and the ``sources``.
    """
    asked = parse(event.expression)
    names = list(dict.fromkeys(run.draws.scope.name(r, asked.text) for c in asked.comparisons for r in c.readings))
    followers = {told["name"]: told for name in names if (told := follower_of(run, name))}
    criteria = [
        f"{event.name}: the question resolves as the first {_moment(asked)}.",
        *(f"- {name}: {_meaning(run, name)}" for name in names),
        *(f"- {told['title']}: {_rule(run, told)}" for told in followers.values()),
        f"If there is no such date by {last}, it resolves as after {last}.",
    ]
    fine = [*(_seen(run, name) for name in names), *_dates(run, asked, first, last)]
    return {
        "resolution_criteria": "\n".join(criteria),
        "fine_print": "\n".join(dict.fromkeys(f"- {line}" for line in fine)),
        "sources": [source for name in names if (source := _source(run, name))],
    }


def _moment(asked: Expression) -> str:
    """What dates the question."""
    condition = f"`{asked.condition}`"
    if isinstance(asked.lasting, Duration):
        return f"date from which on {condition} holds {asked.lasting} without a break"
    return f"date on which {condition} holds" + ("" if asked.lasting == "first" else ", and holds ever after")


def _meaning(run: StoredRun, name: str) -> str:
    label, source = run.draws.labels[name], _source(run, name)
    read = f" Source: {source['source']} ({source['licence']})." if source else " No source publishes it."
    return f"{label['long_name']}, in {label['units']}.{read}"


def _source(run: StoredRun, name: str) -> Source | None:
    """The board on which a gap is seen; what is true is on no board."""
    board = board_of(run, name) if name.endswith(SEEN) else None
    if board is None:
        return None
    return {
        "quantity": name,
        "board": board["benchmark"],
        "source": board["source"],
        "licence": board["licence"],
        "as_of": board["as_of"],
    }


def _rule(run: StoredRun, told: FollowerDocument) -> str:
    """Who counts for a follower, and from when on."""
    if not told["rule"]:
        reads = any("benchmark" in table for table in run.summary["evidence"])
        return "whoever the tables of scores name so." if reads else "an actor of the equations; no model is meant."
    entry = f"; {_ENTRIES[told['entry']]}" if told["entry"] and "price" in told["rule"] else ""
    return f"the best model of those with {told['rule']}{entry}."


def _seen(run: StoredRun, name: str) -> str:
    """Whether a quantity can be seen, and what that means."""
    if name.endswith(SEEN):
        board = board_of(run, name)
        until = f" This forecast knows the board as of {board['as_of']}." if board else ""
        return (
            f"`{name}` is the gap seen: the best score that the board has shown of any model so far, minus the best "
            "that it has shown of the follower's models, noise included. A score counts from the day on which the "
            f"board showed it, and a model that the board never ran does not count.{until}"
        )
    shown = f"{name}_observed"
    instead = f" Ask `{shown}` for what the board shows." if shown in run.draws.labels else ""
    return f"`{name}` is the model's own and cannot be seen: no board shows it without error.{instead}"


def _dates(run: StoredRun, asked: Expression, first: str, last: str) -> list[str]:
    """How dates are read, and what the ends of the range mean."""
    lines = []
    if run.calendar:
        lines.append("A year means its end (by 2030 is before 2031-01-01), a date its first moment, in UTC.")
    else:
        lines.append("Dates are years since both actors spent the same; they are on no calendar.")
    fixed = dict.fromkeys(r.at for c in asked.comparisons for r in c.readings if r.at is not None)
    lines += [f"A quantity `at {when_text(at)}` is what it was then." for at in fixed]
    if isinstance(asked.lasting, Duration):
        later = str(asked.lasting).removeprefix("for ")
        lines.append(f"The date is the start of the stretch; it is known {later} later.")
    elif asked.lasting == "stays":
        end = to_date(run.end).isoformat() if run.calendar else f"{run.end:g} years"
        lines.append(f"Ever after is up to {end}, where this forecast ends; the date is known for sure only then.")
    lines.append(f"What lies before {first} or after {last} is beyond the bounds.")
    return lines
