"""``meekcast elicit``: a prior from stated quantiles, shown, drawn and written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    name: Annotated[str, typer.Argument(help="Parameter, such as g_investment.")]
    quantile: Annotated[list[str], typer.Option(metavar="LEVEL=VALUE", help="What you believe: 0.05=2.0, two or more.")]
    source: Annotated[str, typer.Option(metavar="TEXT", help="Who believes it, and why.")]
    family: Annotated[
        str, typer.Option(metavar="FAMILY", help="Normal, LogNormal, LogitNormal, or auto: the best.")
    ] = "auto"
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add the prior to this prior set; a new one if there is none.")
    ] = None
    picture: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the picture.")] = Path("out/priors")
    compare: Annotated[
        bool, typer.Option("--compare", help="Fit other families too (PreliZ), to see what ours leave out.")
    ] = False
    json: Json = False


@command(Options)
def elicit(options: Options) -> None:
    """Turn stated quantiles into a prior: fitted, drawn, and written as an entry of a prior set."""
    from meekcast.beliefs.elicitation import beyond, entry, fits, read_quantiles
    from meekcast.cards.entries import add_prior, find_parameter, set_with_prior
    from meekcast.files import check_writable
    from meekcast.report.elicit import elicit_document, elicit_report
    from meekcast.report.terminal import show

    parameter = find_parameter(options.name)
    found = fits(parameter, read_quantiles(options.quantile), options.family)
    text = entry(parameter, found[0], options.source)
    if options.out:
        set_with_prior(options.out, options.name, text)
        check_writable(options.out.parent)
    check_writable(options.picture)
    others = beyond(parameter, found[0].asked) if options.compare else []
    from meekcast.plots.elicit import write_elicited

    picture = options.picture / f"{options.name}-elicited.png"
    write_elicited(parameter, found, picture)
    if options.out:
        add_prior(options.out, options.name, text)
    show(
        elicit_document(found, others, text, picture),
        lambda: elicit_report(parameter, found, others, text, options.out, picture),
        as_json=options.json,
    )
