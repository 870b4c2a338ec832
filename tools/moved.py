"""What moved between two lock files: packages added, removed, at other versions, or with other files at the same one.

python tools/moved.py BEFORE AFTER
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """What a lock file says of one package; versions may differ between platforms."""

    versions: tuple[str, ...]
    hashes: frozenset[str]


def entries(text: str) -> dict[str, Entry]:
    """Packages of a lock file as uv and pip-tools write it."""
    found: dict[str, Entry] = {}
    for entry in re.split(r"\n(?=\S)", text):
        named = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", entry)
        if named:
            name, version = named.groups()
            before = found.get(name, Entry((), frozenset()))
            hashes = frozenset(re.findall(r"--hash=(\S+)", entry))
            found[name] = Entry((*before.versions, version), before.hashes | hashes)
    return found


def moved(before: str, after: str) -> list[str]:
    """One line a package that moved, by name."""
    old, new = entries(before), entries(after)
    lines = []
    for name in sorted(old.keys() | new.keys()):
        was, now = (" and ".join(found[name].versions) if name in found else "" for found in (old, new))
        if was != now:
            said = f"{was} -> {now}" if was and now else f"added {now}" if now else f"removed {was}"
            lines.append(f"{name}  {said}")
        elif old[name].hashes != new[name].hashes:
            lines.append(f"{name}  {now}, other files")
    return lines


def main() -> None:
    before, after = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:])
    print("\n".join(moved(before, after)) or "nothing moved")


if __name__ == "__main__":
    main()
