"""``meekcast scenarios``: named changes against the base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import (
    Draws,
    Exact,
    Json,
    Out,
    Priors,
    Scheduler,
    Seed,
    Today,
    Until,
    as_asked,
    example,
    known,
)
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    from meekcast.whatif.documents import ScenariosAbout


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    file: Annotated[Path, typer.Argument(help="TOML file of scenarios; --example prints one to start from.")]
    example: Annotated[
        bool,
        typer.Option("--example", is_eager=True, callback=example("scenarios"), help="Print a file that works."),
    ] = False
    card: Annotated[
        str | None,
        typer.Option(help="Card, by name or path; the file's own by default.", autocompletion=known("models")),
    ] = None
    priors: Priors = None
    until: Until = None
    today: Today = None
    seed: Seed = Settings.seed
    draws: Draws = Settings.draws
    exact: Exact = False
    out: Out = Path("out")
    scheduler: Scheduler = None
    json: Json = False


@command(Options)
def scenarios(options: Options) -> None:
    """Compare named changes with the base: dates, probabilities, and how sure their difference is.

    A scenario sets or shifts parameters in the draws (paired with the base), or takes other priors, evidence
    or another card (draws are weighted, or
    fitted anew).
    """
    from meekcast.door.scenarios import write_scenarios
    from meekcast.files import check_writable
    from meekcast.inputs import gather
    from meekcast.report.progress import showing
    from meekcast.report.scenarios import scenarios_report
    from meekcast.report.terminal import show
    from meekcast.whatif.documents import scenarios_document
    from meekcast.whatif.scenarios import compare, prepare, read_scenarios
    from meekcast.whatif.world import World, blank, worlds

    file = read_scenarios(options.file)
    stated = {"card": options.card or file.card, "priors": options.priors or file.priors}
    file = file.model_copy(update=stated)
    inputs, today = as_asked(gather(file.card, file.priors), options.today, None)
    settings = Settings(draws=options.draws, seed=options.seed, exact=options.exact)
    anew = prepare(file, inputs, options.until)
    check_writable(options.out / inputs.card.name)
    with showing() as progress:
        base = World.of(inputs, settings, until=options.until, progress=progress)
        comparisons = compare(file, base, worlds(anew, settings, until=options.until, progress=progress))
    asked = file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    about: ScenariosAbout = {**base.about(today), "stated": asked}
    document = scenarios_document(comparisons, blank(inputs, options.until), about)
    files = write_scenarios(document, options.out / inputs.card.name, options.file.stem)
    show(document, lambda: scenarios_report(document, files), as_json=options.json)
