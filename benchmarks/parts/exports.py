"""Every format of export, opening and checking the run included."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import TODAY, Row, Stopwatch, in_process, meekcast, peak_megabytes, seconds, timed

DRAWS, YEARS = 2_000, 16.6  # of each of four chains; 200 dates, a month apart
ONE_QUANTITY = {"csv", "parquet"}


def exported(folder: str, to: str, nth: int) -> dict[str, Any]:
    """Time, size and peak memory of one export, in this process."""
    from meekcast.export.formats import Wanted, export
    from meekcast.runs.read import open_run

    wanted = Wanted(table="draws", quantities=("loss_gap",)) if to in ONE_QUANTITY else Wanted()
    target = Path(folder) / f"export-{to}-{nth}"
    watch = Stopwatch()
    file = export(open_run(Path(folder) / "paper"), to, target, wanted, large=True).file
    spent = watch.read()
    files = [file] if file.is_file() else [f for f in file.rglob("*") if f.is_file()]
    return {"spent": spent, "megabytes": sum(f.stat().st_size for f in files) / 1e6, "peak": peak_megabytes()}


def rows(repeats: int) -> Iterator[Row]:
    """Each from the same run."""
    from meekcast.export.formats import FORMATS

    with tempfile.TemporaryDirectory() as name:
        asked = ("forecast", "paper", "--priors", "literature", "--draws", str(DRAWS), "--until", str(YEARS))
        meekcast(*asked, *TODAY, "--quiet", "--out", name)
        for to in FORMATS:
            runs = [in_process("parts.exports:exported", name, to, i) for i in range(repeats)]
            what = "every draw of one quantity" if to in ONE_QUANTITY else "all that it holds"
            sizes = f"{what}, {runs[0]['megabytes']:.3g} MB; peak memory {runs[0]['peak']:.0f} MB"
            yield timed(f"export to {to}", seconds(runs), "", sizes)
