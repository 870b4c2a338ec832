"""Commands that ask questions of a forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import app
from meekcast.cli.options import Anchor, By, Changed, Draws, Evidence, Fixed, Json, Out, Priors, Seed, Today, Until
from meekcast.inference.sampler import Settings


@app.command()
def when(
    expression: Annotated[str, typer.Argument(help="Such as 'loss_gap < 0.05' or 'budget_compute > 1e26'.")],
    card: Annotated[str, typer.Option(help="Card, by name or path.")] = "leaderboard",
    by: By = None,
    given: Annotated[
        list[str] | None,
        typer.Option(metavar="EXPRESSION", help="Only draws in which this is true: 'loss_gap > 0.1 at 2027-01-01'."),
    ] = None,
    budget: Annotated[
        list[float] | None, typer.Option(metavar="USD", help="Budget of a training run; several are compared.")
    ] = None,
    anchor: Anchor = None,
    from_run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="Ask a run that stands, such as out/leaderboard.")
    ] = None,
    priors: Priors = None,
    fixed: Fixed = None,
    changed: Changed = None,
    evidence: Evidence = None,
    until: Until = None,
    today: Today = None,
    seed: Seed = Settings.seed,
    draws: Draws = Settings.draws,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Files go to DIR/<card>/when/. Default: out; with --run none are written."),
    ] = None,
    json: Json = False,
) -> None:
    """Ask when something happens, or how probable it is on a date: any question over known quantities.

    Grammar: QUANTITY OPERATOR NUMBER [UNIT], or QUANTITY OPERATOR QUANTITY; operators < <= > >=; `at DATE` fixes a
    quantity; `and`, `or`, brackets. The date is the first from which it holds up to the horizon; add `first` or
    `for 6 months` to ask for less. 2027 means its end, 2027-06-30 that day.
    """
    from meekcast.cli.when import Request, run

    request = Request(
        expression, card, by or [], given or [], budget or [], anchor, from_run, priors, fixed or [], changed or [],
        evidence or [], until, today, seed, draws, out, json,
    )  # fmt: skip
    run(request)


@app.command()
def scenarios(
    file: Annotated[Path, typer.Argument(help="TOML file of scenarios; docs/scenarios.toml is an example.")],
    card: Annotated[str | None, typer.Option(help="Card, by name or path; the file's own by default.")] = None,
    priors: Annotated[str | None, typer.Option(help="Prior set of the base.")] = None,
    until: Until = None,
    today: Today = None,
    seed: Seed = Settings.seed,
    draws: Draws = Settings.draws,
    out: Out = Path("out"),
    json: Json = False,
) -> None:
    """Compare named changes with the base: dates, probabilities, and how sure their difference is.

    A scenario sets or shifts parameters in the draws (paired with the base), or takes other priors, evidence
    or another card (fitted anew).
    """
    from meekcast.cli.scenarios import Request, run

    run(Request(file, card, priors, until, today, seed, draws, out, json))


@app.command()
def governance(
    card: Annotated[
        str | None, typer.Option(help="Card, by name or path. Default: paper, with the priors of the literature.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FLOP", help="A rule of your own, beside the EU's and the US's.")
    ] = None,
    budget: Annotated[
        list[float] | None, typer.Option(metavar="USD", help="Budget of a training run; the card's own by default.")
    ] = None,
    by: By = None,
    anchor: Anchor = None,
    priors: Priors = None,
    fixed: Fixed = None,
    changed: Changed = None,
    until: Until = None,
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date from which lead time counts; the current one by default.")
    ] = None,
    seed: Seed = Settings.seed,
    out: Out = Path("out"),
    json: Json = False,
) -> None:
    """Show when budgets pass FLOP rules, raw and effective, and the lead time left from today."""
    from meekcast.cli.governance import Request, run

    request = Request(
        card, rule or [], budget or [], by or [], anchor, priors, fixed or [], changed or [], until, today, seed, out,
        json,
    )  # fmt: skip
    run(request)
