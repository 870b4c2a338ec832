"""The front door: commands, their options, and what they print."""

import sys
from importlib import import_module

from meekcast.cli.app import app
from meekcast.errors import MeekcastError

__all__ = ["app", "main"]

for room in ("running", "asking", "showing", "files"):  # the order of --help
    import_module(f"meekcast.cli.{room}")


def main() -> None:
    """Run the command line; a user's mistake is one message and exit code 2."""
    try:
        app()
    except MeekcastError as error:
        from meekcast.report.tables import err_console

        console = err_console()
        console.print(f"[bold red]error:[/] {_escaped(error.message)}", soft_wrap=True)
        if error.remedy:
            console.print(f"  {_escaped(error.remedy)}", soft_wrap=True)
        sys.exit(error.exit_code)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
