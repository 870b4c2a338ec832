"""The table as Markdown, and RESULTS.md: one section a part, each with the date, processor and versions of its run."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from measuring import Row

FILE = Path(__file__).with_name("RESULTS.md")
LIBRARIES = ("meekcast", "numpy", "scipy", "pymc", "pytensor", "nutpie", "numba", "SALib", "squigglepy")
BUSY = 0.7
"""Load from which wall times are too long to be believed."""

HEAD = """# What `make bench` measured

Written by `make bench ARGS="--write"`, or `ARGS="PART --write"` for some parts. Wall seconds, then CPU seconds (user
and system, of all cores and children); the best of the repeats is least disturbed by other programs. Ratios are how
many times as long others take, by wall and by CPU. Aims are those of 2 cores.
"""
COLUMNS = ("what", "aim", "best", "median", "n", "beside it")


def processor() -> str:
    """Name of the processor."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout if os.name == "posix" else ""
        return told.strip() or platform.machine()
    named = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return named[1].strip() if named else platform.machine()


def surroundings(load: float) -> str:
    """Date, machine and versions, in a paragraph."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return (
        f"{dt.date.today()}, {processor()}, {os.cpu_count()} cores, load {load:.1f} at the start; {system}; {versions}."
    )


def warning(load: float) -> str:
    """What is to be said of a busy machine; nothing of an idle one."""
    return f"Other programs were at work (load {load:.1f}): wall times are too long." if load > BUSY else ""


def section(part: str, title: str, load: float, rows: Sequence[Row]) -> str:
    """One part of the document."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows]
    paragraphs = [f"## {part}: {title}", f"{surroundings(load)} {warning(load)}".strip(), "\n".join(lines)]
    return "\n\n".join(paragraphs) + "\n"


def write(sections: dict[str, str], order: Sequence[str], file: Path = FILE) -> None:
    """Put sections in the place of earlier ones; parts that were not measured stay as they stood."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    stood = {part.split(":", 1)[0]: f"## {part}".rstrip() + "\n" for part in text.split("\n## ")[1:]}
    every = {**stood, **sections}
    file.write_text("\n".join([HEAD, *(every[name] for name in order if name in every)]), encoding="utf-8")
