"""``meekcast point``: print the calculator's answer."""

from __future__ import annotations

import math
from typing import Any

from meekcast.errors import InputError
from meekcast.paper.point import point, read_values


def run(assignments: list[str], at: list[float], json: bool) -> None:
    """Evaluate and print."""
    for year in at:
        if not math.isfinite(year):
            raise InputError(f"--at {year} is not a date", "Give years since t0, such as --at 10.")
    answer = point(read_values(assignments), at)
    if json:
        from meekcast.files import to_json

        print(to_json(answer))
    else:
        print(_text(answer))


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
        lines += ["", "".join(f"{name:>15}" for name in columns)]
        lines += ["".join(f"{_number(row[name]):>15}" for name in columns) for row in answer["at"]]
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.6g}"
