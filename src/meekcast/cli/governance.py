"""``meekcast governance``: when budgets pass FLOP rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.drawing import write_answer
from meekcast.cli.options import (
    Anchor,
    By,
    Changes,
    Json,
    Out,
    Priors,
    Seed,
    Until,
    anchored,
    as_asked,
    known,
)
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    from meekcast.whatif.documents import GovernanceAbout, GovernanceDocument
    from meekcast.whatif.governance import Passing

DEFAULT = ("paper", "literature")
"""Card and prior set where none are named: the story that knows raw compute, with what is uncertain about it."""


@dataclass(frozen=True, kw_only=True)
class Options(Changes):
    """Options of the command, as typed."""

    card: Annotated[
        str | None,
        typer.Option(
            help="Card, by name or path. Default: paper, with the priors of the literature.",
            autocompletion=known("models"),
        ),
    ] = None
    rule: Annotated[
        list[str], typer.Option(metavar="NAME=FLOP", help="A rule of your own, beside the EU's and the US's.")
    ] = field(default_factory=list)
    budget: Annotated[
        list[float], typer.Option(metavar="USD", help="Budget of a training run; the card's own by default.")
    ] = field(default_factory=list)
    by: By = field(default_factory=list)
    anchor: Anchor = None
    priors: Priors = None
    until: Until = None
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date from which lead time counts; the current one by default.")
    ] = None
    seed: Seed = Settings.seed
    out: Out = Path("out")
    json: Json = False


@command(Options)
def governance(options: Options) -> None:
    """Show when budgets pass FLOP rules, raw and effective, and the lead time left from today."""
    from meekcast.clock import decimal_year
    from meekcast.files import check_writable
    from meekcast.forecasts.questions.when import read_by
    from meekcast.inputs import gather
    from meekcast.report.governance import governance_report
    from meekcast.report.progress import showing
    from meekcast.report.terminal import show
    from meekcast.whatif.budgets import check_budgets
    from meekcast.whatif.documents import governance_document
    from meekcast.whatif.governance import governance as pass_rules
    from meekcast.whatif.governance import read_rules
    from meekcast.whatif.world import World, blank

    rules = read_rules(options.rule)
    card, priors = (options.card, options.priors) if options.card else (DEFAULT[0], options.priors or DEFAULT[1])
    inputs, today = as_asked(gather(card, priors, options.overrides()), options.today, None)
    budgets = check_budgets(inputs.card, options.budget) or (inputs.card.budget_usd,)
    check_writable(options.out / inputs.card.name)
    by = read_by(options.by, anchored(blank(inputs, options.until), options.anchor))
    with showing() as progress:
        world = World.of(inputs, Settings(seed=options.seed), until=options.until, progress=progress)
        sources = {usd: anchored(world.source(usd), options.anchor) for usd in budgets}
        passings = pass_rules(sources.__getitem__, rules, budgets, by, decimal_year(today))
    about: GovernanceAbout = {**world.about(today), "anchor": options.anchor}
    document = governance_document(passings, rules, sources[budgets[0]], about)
    files = _write(options, document, passings, budgets)
    show(document, lambda: governance_report(document, files), as_json=options.json)


def _write(
    options: Options, document: GovernanceDocument, passings: Sequence[Passing], budgets: Sequence[float | None]
) -> list[Path]:
    """Picture and document."""
    from meekcast.plots.compare import write_comparison
    from meekcast.report.governance import flop_text
    from meekcast.whatif.budgets import usd_text

    shown = [
        {
            "clock": document["clock"],
            "start": document["start"],
            "horizon": document["horizon"],
            "today": document["today"],
            "card": usd_text(usd) if usd else "the card's own",
            "events": [
                {"name": f"{p.rule.name}: {flop_text(p.rule.flop)} FLOP, {p.counted}", "quantiles": p.answer.quantiles}
                for p in passings
                if p.budget_usd == usd
            ],
        }
        for usd in budgets
    ]
    folder = options.out / document["card"]
    return write_answer(folder, "governance", document, lambda file: write_comparison(shown, file.parent, file.name))
