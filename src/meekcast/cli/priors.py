"""``meekcast priors``: the prior sets, what each says, and two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, known
from meekcast.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    name: Annotated[
        str | None, typer.Argument(help="Show one set, by name or path.", autocompletion=known("priors"))
    ] = None
    compare: Annotated[
        tuple[str, str] | None, typer.Option(metavar="SET SET", help="Draw both sets, one picture a parameter.")
    ] = None
    out: Annotated[Path, typer.Option(metavar="DIR", help="Pictures of --compare go to DIR/priors/.")] = Path("out")
    json: Json = False


@command(Options)
def priors(options: Options) -> None:
    """List the prior sets, show one with every number, unit and source, or compare two."""
    from meekcast.cards import library
    from meekcast.report.cards import list_document, list_report, priors_report
    from meekcast.report.terminal import show

    if options.compare and options.name:
        raise InputError("--compare takes both sets itself", "Write meekcast priors --compare SET SET.")
    if options.compare:
        _compare(options, *options.compare)
    elif options.name is None:
        sets = [library.load_priors(name) for name in library.names("priors")]
        show(list_document(sets), lambda: list_report("priors", sets), as_json=options.json)
    else:
        prior_set = library.load_priors(options.name)
        show(library.document_of(prior_set), lambda: priors_report(prior_set), as_json=options.json)


def _compare(options: Options, first: str, second: str) -> None:
    """Draw two prior sets, one picture a parameter, and print their intervals side by side."""
    from meekcast.cards import library
    from meekcast.files import check_writable
    from meekcast.report.cards import INTERVAL, compared_report
    from meekcast.report.terminal import show

    one, two = library.load_priors(first), library.load_priors(second)
    folder = options.out / "priors"
    check_writable(folder)
    from meekcast.plots.compare import write_priors

    units = one.units() | two.units()
    beliefs = {one.name: one.belief, two.name: two.belief}
    files = write_priors((one.name, one.belief), (two.name, two.belief), units, folder)
    rows = {
        file.stem: {name: [belief.quantile(file.stem, p) for p in INTERVAL] for name, belief in beliefs.items()}
        for file in files
    }
    document = {name: {"unit": units[name], "quantiles": row} for name, row in rows.items()}
    show(document, lambda: compared_report(document, (one.name, two.name), folder), as_json=options.json)
