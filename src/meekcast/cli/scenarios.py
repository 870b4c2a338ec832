"""``meekcast scenarios``: named changes against the base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meekcast.files import to_json
from meekcast.whatif.documents import scenarios_document


@dataclass(frozen=True)
class Request:
    """Options of the command, as typed."""

    file: Path
    card: str | None
    priors: str | None
    until: float | None
    today: str | None
    seed: int
    draws: int
    out: Path
    json: bool


def run(request: Request) -> None:
    """Read the file, ask base and scenarios, write the files, print."""
    from meekcast.cli.forecast import read_date
    from meekcast.files import check_writable
    from meekcast.inference.sampler import Settings
    from meekcast.inputs import Inputs, gather
    from meekcast.report.progress import LiveProgress
    from meekcast.report.scenarios import scenarios_report
    from meekcast.report.tables import err_console, out_console
    from meekcast.whatif.scenarios import compare, prepare, read_scenarios
    from meekcast.whatif.world import World, blank

    file, today = read_scenarios(request.file), read_date(request.today)
    stated = {"card": request.card or file.card, "priors": request.priors or file.priors}
    file = file.model_copy(update=stated)
    inputs, settings = gather(file.card, file.priors), Settings(draws=request.draws, seed=request.seed)
    anew = prepare(file, inputs, request.until)
    check_writable(request.out / inputs.card.name)
    with LiveProgress(err_console()) as progress:

        def world(changed: Inputs) -> World:
            return World.of(changed, settings, until=request.until, progress=progress)

        base = world(inputs)
        comparisons = compare(file, base, anew, world)
    about = {
        **base.about(),
        "today": today.isoformat(),
        "stated": file.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }
    document = scenarios_document(comparisons, blank(inputs, request.until), about)
    files = _write(request, document)
    if request.json:
        print(to_json(document))
    else:
        out_console().print(scenarios_report(document, files))


def _write(request: Request, document: dict[str, Any]) -> list[Path]:
    """Picture and document, named by the file of scenarios."""
    from meekcast.files import staged
    from meekcast.plots.compare import write_comparison

    names = ["base", *(scenario["scenario"] for scenario in document["events"][0]["scenarios"])]
    span = {key: document[key] for key in ("clock", "start", "horizon")}
    dated = [event for event in document["events"] if event["quantiles"]]
    shown = [{**span, "card": name, "events": [_event(event, name) for event in dated]} for name in names]
    folder, stem = request.out / document["card"], request.file.stem
    with staged(folder) as stage:
        (stage / f"{stem}.json").write_text(to_json(document) + "\n", encoding="utf-8")
        if dated:
            write_comparison(shown, stage, f"{stem}.png")
        written = sorted(file.name for file in stage.iterdir())
    return [folder / name for name in written]


def _event(event: dict[str, Any], name: str) -> dict[str, Any]:
    """The dates of an event under one scenario, as the picture of a comparison reads them."""
    answers = {"base": event, **{scenario["scenario"]: scenario for scenario in event["scenarios"]}}
    return {"name": event["expression"], "quantiles": answers[name]["quantiles"]}
