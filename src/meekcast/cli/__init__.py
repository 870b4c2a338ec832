"""The front door: commands, their options, and what they print."""

import errno
import os
import sys
from importlib import import_module

from typer import Typer

from meekcast.cli.app import app, interrupted
from meekcast.errors import MeekcastError, OutputError
from meekcast.interrupts import surely_interrupted

__all__ = ["main", "program"]

COMMANDS = (
    "forecast", "when", "quantities", "scenarios", "sweep", "governance", "sensitivity", "backtest", "calibrate",
    "reproduce", "point", "models", "priors", "evidence", "check", "elicit", "export", "report", "explore", "replay",
    "diff", "watch", "cache",
)  # fmt: skip
"""In the order of --help."""

COMMANDS_BELOW = {"evidence": "evidence_import"}
"""Those that stand below another, see its help."""


def program(called: str = "") -> Typer:
    """The program with a command, which alone is loaded then, or with all of them."""
    names = [called] if called in COMMANDS else COMMANDS
    for name in [*names, *(COMMANDS_BELOW[above] for above in names if above in COMMANDS_BELOW)]:
        import_module(f"meekcast.cli.{name}")
    return app


def main() -> None:
    """Run the command line; a user's mistake is one message and exit code 2."""
    try:
        with surely_interrupted():
            _run()
    except KeyboardInterrupt:  # before or after a command, which ends by itself
        sys.exit(interrupted())


def _run() -> None:
    from meekcast.report.terminal import accept_any_letter, print_error

    accept_any_letter()
    try:
        try:
            program(*sys.argv[1:2])()
        finally:
            sys.stdout.flush()
    except MeekcastError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except OSError as error:
        _end(error)


def _end(error: OSError) -> None:
    """End where a stream or a file of the system fails: one message, nothing at a closed pipe."""
    if error.filename is None:  # the stream itself: what is left in its buffer would fail again at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:
        from meekcast.report.terminal import print_error

        what = f"cannot use {error.filename}" if error.filename is not None else "cannot write the result to stdout"
        remedy = (
            "Check the path." if error.filename is not None else "Send it elsewhere; files that were written stand."
        )
        print_error(OutputError(f"{what}: {error.strerror or error}", remedy))
        sys.exit(OutputError.exit_code)
    sys.exit(1)
