"""Run the command line with ``python -m meekcast``."""

from meekcast.cli import main

main()
