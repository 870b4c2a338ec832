"""Commands that compute: forecasts, backtests, sensitivity, the paper, the calculator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import app
from meekcast.cli.options import (
    Cards,
    Changed,
    Draws,
    Evidence,
    Fixed,
    Fresh,
    Json,
    Out,
    Priors,
    Quiet,
    Seed,
    Today,
    Until,
)
from meekcast.inference.sampler import Settings


@app.command()
def forecast(
    cards: Cards = None,
    priors: Annotated[
        list[str] | None,
        typer.Option(help="Prior set, by name or path; the card's own by default. Several: side by side, and mixed."),
    ] = None,
    fixed: Fixed = None,
    changed: Changed = None,
    evidence: Evidence = None,
    until: Until = None,
    seed: Seed = Settings.seed,
    out: Out = Path("out"),
    today: Today = None,
    sampler: Annotated[str, typer.Option(help="nutpie, or pymc.")] = Settings.sampler,
    draws: Draws = Settings.draws,
    tune: Annotated[int, typer.Option(min=50, help="Warm-up draws of each chain.")] = Settings.tune,
    target_accept: Annotated[float, typer.Option(min=0.5, max=0.999, help="Aimed acceptance of the sampler.")] = (
        Settings.target_accept
    ),
    fresh: Fresh = False,
    check: Annotated[bool, typer.Option("--check", help="Add prior and posterior predictive checks.")] = False,
    stack: Annotated[
        bool, typer.Option("--stack", help="Average the cards; default: leaderboard and its variants.")
    ] = False,
    weight: Annotated[
        list[str] | None, typer.Option(metavar="CARD=W", help="Prior weight of a card in the stack; 1 by default.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Forecast when the budget actor catches up, with bands, events and pictures.

    With --stack cards are weighted by how they did on past dates, where these can tell them apart, and by --weight
    where they cannot. A card that was never backtested is backtested first, which takes minutes, once.
    """
    from meekcast.cards.library import variants
    from meekcast.cli.forecast import Request, run

    default = list(variants("leaderboard")) if stack else ["leaderboard"]
    request = Request(
        cards or default, priors or [], fixed or [], changed or [], evidence or [], until, seed, out, today,
        sampler, draws, tune, target_accept, fresh, check, json, quiet, stack, tuple(weight or ()),
    )  # fmt: skip
    raise typer.Exit(run(request))


@app.command()
def backtest(
    cards: Cards = None,
    priors: Priors = None,
    fixed: Fixed = None,
    changed: Changed = None,
    evidence: Evidence = None,
    seed: Seed = Settings.seed,
    out: Out = Path("out"),
    fresh: Fresh = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="Also keep the scorecard with those that ship with meekcast.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold a card against past dates: what it would have forecast, scored beside what it has to beat.

    Each quarter end from 2024-06-30 on is an origin: only evidence released by then is used. Fits are kept
    in the cache, so a run that was stopped goes on where it was.
    """
    from meekcast.cli.backtest import Request, run

    request = Request(
        cards or ["leaderboard"],
        priors,
        fixed or [],
        changed or [],
        evidence or [],
        seed,
        out,
        fresh,
        ship,
        json,
        quiet,
    )
    raise typer.Exit(run(request))


@app.command()
def sensitivity(
    target: Annotated[
        str, typer.Argument(metavar="[CARD|RUN]", help="A card, by name or path, or the folder of a run.")
    ] = "leaderboard",
    event: Annotated[
        list[str] | None,
        typer.Option(metavar="EVENT", help="Event by name or number; 'gpqa_gap < 3'; QUANTITY@DATE. Default: all."),
    ] = None,
    at: Annotated[
        list[str] | None, typer.Option(metavar="DATE", help="Ask whether events have happened by 2027 (its end).")
    ] = None,
    by: Annotated[str, typer.Option(help="groups, parameters, or names of either: 'g_price,links'.")] = "groups",
    prior: Annotated[bool, typer.Option("--prior", help="Add Sobol indices under the prior.")] = False,
    base_points: Annotated[int, typer.Option(metavar="N", help="Base points of --prior, a power of two.")] = 1024,
    leaning: Annotated[bool, typer.Option("--leaning", help="Add ArviZ's power-scaling diagnostics.")] = False,
    alternatives: Annotated[
        str | None, typer.Option(metavar="SET,SET", help="Fit other prior sets too, and compare the answers.")
    ] = None,
    decision: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML table of actions and losses: what is learning worth?")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Runs are looked for, and made, in DIR/<card>/.")] = Path(
        "out"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resampling.")] = 0,
    json: Json = False,
) -> None:
    """Say what drives the answer, what it leans on, and what to measure first."""
    import os

    # Hundreds of small matrices: threads would wait for each other. Before NumPy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from meekcast.cli.sensitivity import Request, run

    raise typer.Exit(
        run(
            Request(
                target, event or [], at or [], by, prior, base_points, leaning, alternatives, decision, out, seed, json
            )
        )
    )


@app.command()
def reproduce(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Claims, or whole families; everything by default.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Figures and tables go to DIR.")] = Path("out/reproduce"),
    json: Json = False,
) -> None:
    """Compute every number and figure of the paper again, and compare with what was published.

    Families: training inference benchmark tokens leaderboard words.
    """
    from meekcast.cli.reproduce import run

    run(ids or [], out, json)


@app.command()
def point(
    values: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Changed values.")] = None,
    at: Annotated[list[float] | None, typer.Option(metavar="YEAR", help="Compare both actors at t0 + YEAR.")] = None,
    json: Json = False,
) -> None:
    """Evaluate the paper's closed forms at point values; nothing is sampled.

    Names: alpha A L0 g_hardware g_algorithms g_investment C0 R eps error_rate type_1 type_2 slowdown.
    Defaults are the published paper's. Times are years since t0.
    """
    from meekcast.cli.point import run

    run(values or [], at or [], json)
