"""``meekcast elicit``: a prior from stated quantiles, shown, drawn and written."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from meekcast import files
from meekcast.beliefs.elicitation import SHOWN, Beyond, Fit, beyond, entry, fits, read_quantiles
from meekcast.cards import library
from meekcast.cards.extension import stated
from meekcast.cards.schema import PriorSet
from meekcast.errors import InputError, nearest
from meekcast.files import to_json
from meekcast.report.tables import out_console
from meekcast.vocabulary import parameters
from meekcast.vocabulary.quantities import best_score

POOR = 0.05
"""Error in cumulative probability above which a fit is not what was said."""


def run(
    name: str,
    quantiles: list[str],
    family: str,
    source: str,
    out: Path | None,
    picture: Path,
    compare: bool,
    json: bool,
) -> None:
    """Fit, show, draw and write."""
    parameter = find(name)
    found = fits(parameter, read_quantiles(quantiles), family)
    text = entry(parameter, found[0], source)
    whole = _with_entry(out, name, text) if out else None
    others = beyond(parameter, found[0].asked) if compare else []
    from meekcast.plots.elicit import write_elicited

    file = picture / f"{name}-elicited.png"
    write_elicited(parameter, found, file)
    if out and whole:
        with files.replacing(out) as temporary:
            temporary.write_text(whole, encoding="utf-8")
    if json:
        print(to_json(_document(found, others, text, file)))
        return
    console = out_console()
    console.print(_fits(parameter, found, others))
    place = f"written to {out}" if out else "for a prior set (--out FILE adds it to one):"
    console.print(Text(f"\n{place}\n", style="dim"))
    console.print(escape(text), soft_wrap=True)
    console.print(Text(f"picture  {file}", style="dim"))


def find(name: str) -> parameters.Parameter:
    """Look a parameter up, those of the shipped cards' benchmarks included.

    Raises
    ------
    InputError
        If no card has such a parameter.
    """
    if name in parameters.GENERAL:
        return parameters.GENERAL[name]
    benchmarks = {b.name: b for card in library.names("models") for b in library.load_card(card).benchmarks}
    of_cards = {f"{b}_{role}" for b in benchmarks for role in parameters.LINK_ROLES}
    if name not in of_cards:
        raise InputError(f"unknown parameter {name!r}", nearest(name, parameters.GENERAL.keys() | of_cards))
    benchmark = next(b for key, b in benchmarks.items() if name.removeprefix(f"{key}_") in parameters.LINK_ROLES)
    known = parameters.find(name, tuple(benchmarks))
    unit = known.unit.replace("score", benchmark.unit)
    low, high = known.low, known.high
    if name == f"{benchmark.name}_ceiling":
        low, high = benchmark.floor, min(high, best_score(benchmark.unit))
    return parameters.Parameter(name, unit, known.meaning, low, high)


def _with_entry(file: Path, name: str, text: str) -> str:
    """Text of a prior set with the entry added; a new set where there is no file. Checked by reading it.

    Raises
    ------
    InputError
        If the file is no prior set, or has a prior of that parameter already.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder, not a file", "Give the path of a TOML file.")
    if file.exists():
        held = library.check(file)
        if not isinstance(held, PriorSet):
            raise InputError(f"{file} is no prior set", "Give the file of a prior set, or of a new one.")
        text_before = file.read_text(encoding="utf-8-sig").rstrip("\n")
        if name in stated(tomllib.loads(text_before)):
            raise InputError(f"{file} has a prior of {name} already", "Remove it, or give another file.")
        whole = f"{text_before}\n\n{text}"
    else:
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", file.stem).lstrip("-_") or "mine"
        whole = f'schema = 1\nname = "{stem}"\ntitle = "Elicited priors"\nextends = "literature"\n'
        whole += f'description = "From stated quantiles, by `meekcast elicit`."\n\n{text}'
    library.understood(PriorSet, whole, file)
    return whole


def _fits(parameter: parameters.Parameter, found: list[Fit], others: list[Beyond]) -> RenderableType:
    """Stated against fitted quantiles, and what each family says where nothing was stated."""
    asked = list(found[0].asked)
    further = [p for p in SHOWN if p not in asked]
    table = Table()
    table.add_column("family", no_wrap=True)
    for p in asked:
        table.add_column(f"{100 * p:g} %", justify="right")
    table.add_column("largest\nerror", justify="right")
    for p in further:
        table.add_column(f"implied\n{100 * p:g} %", justify="right")
    table.add_row("stated", *(f"{v:g}" for v in found[0].asked.values()), "", *("" for _ in further))
    for i, fit in enumerate(found):
        name = f"{fit.prior.family} (taken)" if i == 0 else fit.prior.family
        implied = [f"{fit.prior.quantile(p):.4g}" for p in further]
        table.add_row(name, *(f"{v:.4g}" for v in fit.fitted.values()), f"{fit.error:.1%}", *implied)
    for other in others:
        implied = [f"{other.implied[p]:.4g}" for p in further]
        table.add_row(f"{other.family} *", *("" for _ in asked), f"{other.error:.1%}", *implied)
    notes = [Text("errors are in cumulative probability", style="dim")]
    if others:
        notes.append(Text("* fitted by PreliZ; a prior set cannot state it", style="dim"))
    if found[0].error > POOR:
        notes.append(Text("No family meets these quantiles well: think them over, or state fewer.", style="yellow"))
    head = f"{parameter.name}: {parameter.meaning}, {parameter.unit}"
    return Group(Text(head, style="bold"), table, *notes)


def _document(found: list[Fit], others: list[Beyond], text: str, file: Path) -> dict[str, object]:
    rows = [
        {"prior": f.prior.text, "family": f.prior.family, "error": f.error, "stated": f.asked, "fitted": f.fitted}
        for f in found
    ]
    beside = [other._asdict() for other in others]
    return {"taken": rows[0], "fits": rows, "beyond_the_grammar": beside, "entry": text, "picture": str(file)}
