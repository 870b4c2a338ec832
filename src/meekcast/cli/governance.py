"""``meekcast governance``: when budgets pass FLOP rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meekcast.clock import decimal_year
from meekcast.files import to_json
from meekcast.whatif.documents import governance_document
from meekcast.whatif.governance import Passing, governance, read_rules


@dataclass(frozen=True)
class Request:
    """Options of the command, as typed."""

    card: str | None
    rules: list[str]
    budgets: list[float]
    by: list[str]
    anchor: str | None
    priors: str | None
    fixed: list[str]
    changed: list[str]
    until: float | None
    today: str | None
    seed: int
    out: Path
    json: bool


DEFAULT = ("paper", "literature")
"""Card and prior set where none are named: the story that knows raw compute, with what is uncertain about it."""


def run(request: Request) -> None:
    """Ask, write the files, print."""
    from meekcast.cli.forecast import read_date, read_overrides
    from meekcast.files import check_writable
    from meekcast.forecasts.questions.when import read_by
    from meekcast.inference.sampler import Settings
    from meekcast.inputs import gather
    from meekcast.report.governance import governance_report
    from meekcast.report.progress import LiveProgress
    from meekcast.report.tables import err_console, out_console
    from meekcast.whatif.budgets import check_budgets, usd_text
    from meekcast.whatif.world import World, blank

    rules, today = read_rules(request.rules), read_date(request.today)
    anchor = read_date(request.anchor, "--anchor") if request.anchor else None
    card, priors = (request.card, request.priors) if request.card else (DEFAULT[0], request.priors or DEFAULT[1])
    inputs = gather(card, priors, read_overrides(request.fixed, request.changed))
    budgets = check_budgets(inputs.card, request.budgets) or (inputs.card.budget_usd,)
    check_writable(request.out / inputs.card.name)
    span = blank(inputs, request.until)
    read_by(request.by, span.anchored(anchor) if anchor else span)
    with LiveProgress(err_console()) as progress:
        world = World.of(inputs, Settings(seed=request.seed), until=request.until, progress=progress)
        sources = {usd: world.source(usd) for usd in budgets}
        if anchor:
            sources = {usd: source.anchored(anchor) for usd, source in sources.items()}
        passings = governance(sources.__getitem__, rules, budgets, request.by, decimal_year(today))
    about = {**world.about(), "today": today.isoformat(), "anchor": anchor.isoformat() if anchor else None}
    document = governance_document(passings, rules, sources[budgets[0]], about)
    names = [usd_text(usd) if usd else "the card's own" for usd in budgets]
    files = _write(request, document, passings, dict(zip(budgets, names, strict=True)))
    if request.json:
        print(to_json(document))
    else:
        out_console().print(governance_report(document, files))


def _write(
    request: Request, document: dict[str, Any], passings: list[Passing], names: dict[float | None, str]
) -> list[Path]:
    """Picture and document."""
    from meekcast.files import staged
    from meekcast.plots.compare import write_comparison
    from meekcast.report.governance import flop_text

    folder = request.out / document["card"]
    shown = [
        {
            **{key: document[key] for key in ("clock", "start", "horizon")},
            "card": name,
            "events": [
                {"name": f"{p.rule.name}: {flop_text(p.rule.flop)} FLOP, {p.counted}", "quantiles": p.answer.quantiles}
                for p in passings
                if p.budget_usd == usd
            ],
        }
        for usd, name in names.items()
    ]
    with staged(folder) as stage:
        write_comparison(shown, stage, "governance.png", decimal_year(dt.date.fromisoformat(document["today"])))
        (stage / "governance.json").write_text(to_json(document) + "\n", encoding="utf-8")
    return [folder / "governance.json", folder / "governance.png"]
