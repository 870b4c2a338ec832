"""Run the commands that the pages show, and write what they print below them.

python docs/outputs.py [PAGE]...

A block of ``console`` holds commands, each after a dollar sign, and what they print. A line ``[...]`` stands for lines
that are left out. Files that a page shows (TOML whose first line is their name) are there when its commands run, in a
folder of their own; a page's commands see what those before them left.
"""

import argparse
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
CUT = "[...]"
COLUMNS = "80"
WORDS = 24
"""So many characters of a line say which one it is."""

FIRST = "meekcast forecast --today 2026-11-30"
"""What makes the run that other pages ask."""

CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def shown(text: str) -> Iterator[tuple[str, str]]:
    """Commands of a page, each with the output that the page shows."""
    for block in CONSOLE.findall(text):
        yield from COMMAND.findall(block)


def rewritten(text: str, printed: Callable[[str], str]) -> str:
    """The page with the output of its commands as they print it now.

    Parameters
    ----------
    text : str
        Markdown.
    printed : callable
        From a command to its standard output.

    Returns
    -------
    str
        Markdown.
    """

    def block(match: re.Match[str]) -> str:
        return COMMAND.sub(lambda found: f"$ {found[1]}\n{_cut(found[2], printed(found[1]))}", match[0])

    return CONSOLE.sub(block, text)


def _cut(before: str, now: str) -> str:
    """What is printed now, cut where the page cut before: a part begins with the same words, and is as long."""
    lines = [line.rstrip() for line in now.strip("\n").splitlines()]
    parts = [part.strip("\n").splitlines() for part in before.split(CUT)]
    if len(parts) == 1:
        return "".join(f"{line}\n" for line in lines) + "\n" * (len(before) - len(before.rstrip("\n")) > 1)
    return f"\n{CUT}\n".join("\n".join(_part(part, lines)) for part in parts).strip("\n") + "\n"


def _part(before: list[str], lines: list[str]) -> list[str]:
    if not before:
        return []
    for start, line in enumerate(lines):
        if line[:WORDS] == before[0][:WORDS]:
            return lines[start : start + len(before)]
    raise SystemExit(f"nothing printed begins as {before[0]!r} any more: mend the page by hand")


FILE = re.compile(
    r"^```(?:toml\n(?=# (?P<toml>\S+\.toml)\n)|text (?P<csv>\S+\.csv)\n)(?P<content>.*?)^```", re.MULTILINE | re.DOTALL
)


def files_shown(text: str) -> dict[str, str]:
    """Files that a page shows, by name: TOML whose first line says it, and CSV whose fence does."""
    return {found["toml"] or found["csv"]: found["content"] for found in FILE.finditer(text)}


def main() -> None:
    """Write the pages that were named, or all, anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, default=sorted(HERE.rglob("*.md")))
    for page in parser.parse_args().pages:
        text = page.read_text(encoding="utf-8")
        if not CONSOLE.search(text):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files_shown(text).items():
                (Path(folder) / name).write_text(content, encoding="utf-8")
            (Path(folder) / "docs").symlink_to(HERE)
            if "out/leaderboard" in text and FIRST not in text:
                _printed(FIRST, folder)
            page.write_text(rewritten(text, lambda command, folder=folder: _printed(command, folder)), encoding="utf-8")


def _printed(command: str, folder: str) -> str:
    print(f"$ {command}")
    told = {"COLUMNS": COLUMNS, "MEEKCAST_EVIDENCE": f"{folder}/evidence"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=os.environ | told, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"exit code {done.returncode}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
