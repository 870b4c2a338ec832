"""``meekcast point``: print the calculator's answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    values: Annotated[list[str], typer.Argument(metavar="NAME=VALUE", help="Changed values.", show_default=False)] = (
        field(default_factory=list)
    )
    at: Annotated[list[float], typer.Option(metavar="YEARS", help="Compare both actors so many years after t0.")] = (
        field(default_factory=list)
    )
    json: Json = False


@command(Options)
def point(options: Options) -> None:
    """Evaluate the paper's closed forms at point values; nothing is sampled.

    Names: alpha A L0 g_hardware g_algorithms g_investment C0 R eps error_rate type_1 type_2 slowdown.
    Defaults are the published paper's. Times are years since t0.
    """
    from meekcast.paper.point import point as evaluate
    from meekcast.paper.point import read_times, read_values
    from meekcast.report.terminal import print_json, say

    answer = evaluate(read_values(options.values), read_times(options.at))
    if options.json:
        print_json(answer)
    else:
        say(_text(answer))


def _text(answer: dict[str, Any]) -> str:
    """Plain lines, aligned: a calculator needs no table library."""
    peak = f"{_number(answer['peak_time'])} years after t0, {_number(answer['peak_gap'])} nats/token"
    lines = [
        f"peak of the loss gap     {peak}",
        f"tokens to tell apart     {_number(answer['tokens_at_peak'])} at the peak",
        f"inflection of the gap    {_number(answer['inflection_time'])} years",
        f"gap below eps for good   {_number(answer['end_time'])} years",
    ]
    if answer["at"]:
        columns = list(answer["at"][0])
        width = max(map(len, columns)) + 1
        lines += ["", "".join(f"{name:>{width}}" for name in columns)]
        lines += ["".join(f"{_number(row[name]):>{width}}" for name in columns) for row in answer["at"]]
    return "\n".join(lines)


def _number(value: float) -> str:
    from meekcast.report.numbers import number_text

    return number_text(value, 6)
