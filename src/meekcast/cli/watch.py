"""``meekcast watch``: new evidence held against an earlier run, with an exit code for cron."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meekcast.cli.app import command
from meekcast.cli.options import AsOf, Evidence, Json, Quiet, Run, read_date

if TYPE_CHECKING:
    from meekcast.runs.surprise import Verdict

EXIT_CODES: dict[Verdict, int] = {"nothing new": 0, "as expected": 0, "surprised": 4, "refit": 5}
"""Other codes of the program: 1 and 3 are of results that cannot be trusted, 2 of mistakes, 130 of Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    run: Run
    evidence: Evidence = field(default_factory=list)
    as_of: AsOf = None
    json: Json = False
    quiet: Quiet = False


@command(Options)
def watch(options: Options) -> int:
    """Hold new evidence against an earlier run, and say whether it is as expected.

    Exit code 0 where it is, or nothing is new; 4 where it surprises; 5 where it surprises and there is enough to learn
    from, so that the forecast should be made again.
    """
    from meekcast.report.terminal import show
    from meekcast.report.watch import watch_report
    from meekcast.runs.held import Earlier
    from meekcast.runs.read import open_run
    from meekcast.runs.watch import watch as held_against

    as_of = read_date(options.as_of, "--as-of") if options.as_of else None
    document = held_against(Earlier.stored(open_run(options.run).verified()), options.evidence, as_of)
    show(document, lambda: watch_report(document), as_json=options.json, quiet=options.quiet)
    return EXIT_CODES[document["verdict"]]
