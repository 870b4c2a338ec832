"""``meekcast sweep``: a grid of forecasts, to one labelled store."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.forecast import EXIT_FAILED, EXIT_OK
from meekcast.cli.options import MOST_SEED, Json, Quiet, Scheduler, example


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    file: Annotated[
        Path, typer.Argument(metavar="GRID", help="TOML file of a grid; --example prints one to start from.")
    ]
    example: Annotated[
        bool, typer.Option("--example", is_eager=True, callback=example("sweep"), help="Print a file that works.")
    ] = False
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="NetCDF (FILE.nc), or Zarr (FILE.zarr); out/<name of GRID>.nc by default.",
        ),
    ] = None
    seed: Annotated[
        list[int], typer.Option(metavar="N", min=0, max=MOST_SEED, help="Seeds in place of those of the file.")
    ] = field(default_factory=list)
    scheduler: Scheduler = None
    json: Json = False
    quiet: Quiet = False


@command(Options)
def sweep(options: Options) -> int:
    """Forecast over a grid: cards, priors, followers, boards left out, seeds.

    Each is a whole forecast; quantiles of gaps and lags, probabilities of events and diagnostics of all of them go to
    one array with the axes of the grid. Fits are kept in the cache, so a sweep that was stopped goes on where it was.
    """
    from meekcast.report.progress import showing
    from meekcast.report.sweep import sweep_report
    from meekcast.report.terminal import err_console, show
    from meekcast.whatif.sweeps.cells import plan
    from meekcast.whatif.sweeps.file import read_sweep
    from meekcast.whatif.sweeps.run import sweep as swept
    from meekcast.whatif.sweeps.store import check_store, write_store
    from meekcast.whatif.sweeps.summary import sweep_document

    file = read_sweep(options.file).seeded(options.seed)
    target = options.out or Path("out", f"{options.file.stem}.nc")
    check_store(target)
    with showing(options.quiet) as progress:
        progress.step("checking the grid")
        planned = plan(file)
        progress.step(planned.size)
        found = swept(planned, progress)
        write_store(found, target)
    document = sweep_document(found, [target])
    show(document, lambda: sweep_report(document), as_json=options.json, quiet=options.quiet)
    failed = [", ".join(row["at"].values()) for row in document["rows"] if "fail" in row["status"]]
    for where in failed:
        err_console().print(f"diagnostics failed: {where}. Run meekcast forecast to see why.")
    return EXIT_FAILED if failed else EXIT_OK
