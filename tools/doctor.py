"""Say what this machine lacks for meekcast, each with a remedy that can be typed; exit code 1 if it is essential.

python3 tools/doctor.py

It works before set-up and under Pythons that are too old, so it needs the standard library alone, and syntax of 3.6.
"""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
READY = VENV / ".ready"
"""Set-up writes it when it is done."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ROOM_BEFORE, ROOM_AFTER = 3.0, 0.5
"""GB that set-up and a first forecast take, and that runs take afterwards."""

MISSING_EXTRAS = """if True:
    import re
    from importlib.metadata import PackageNotFoundError, distribution
    for line in distribution("meekcast").requires or []:
        extra = re.search(r"extra == .(\\w+)", line)
        name = re.match(r"[\\w.-]+", line).group()
        if extra:
            try:
                distribution(name)
            except PackageNotFoundError:
                print(extra.group(1) + ": " + name)
"""


class Found(NamedTuple):
    """What was looked at, whether it is there, whether nothing works without it, and how it is had."""

    what: str
    there: bool
    remedy: str = ""
    essential: bool = False


def install(package: str) -> str:
    """Command that installs a package of the system."""
    root = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    for manager, word in (("apt-get", "install"), ("dnf", "install"), ("pacman", "-S"), ("apk", "add")):
        if shutil.which(manager):
            return f"{root}{manager} {word} {package}"
    return f"brew install {package}" if shutil.which("brew") else f"install {package} as this system does"


# What nothing works without


def python() -> Found:
    """Whether set-up finds a Python, or has found one; else the way to one that is there, or to a new one."""
    if READY.exists():
        return Found("Python 3.12 to 3.14: .venv has one", True)
    wanted = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    what = "Python 3.12 to 3.14: {} is {}.{}.{}".format(sys.executable, *sys.version_info[:3])
    others = [name for name in ("python3.13", "python3.14", "python3.12") if starts(name)]
    if others:
        remedy = "make setup PYTHON=" + others[0]
    elif shutil.which("brew"):
        remedy = f"brew install python@{wanted} && make setup PYTHON=python{wanted}"
    else:
        uv = "uv" if shutil.which("uv") else "~/.meekcast-uv/bin/uv"
        remedy = "" if shutil.which("uv") else "python3 -m venv ~/.meekcast-uv && ~/.meekcast-uv/bin/pip install uv && "
        remedy += f'{uv} python install {wanted} && make setup PYTHON="$({uv} python find --no-project {wanted})"'
    return Found(what, (3, 12) <= sys.version_info[:2] <= (3, 14), remedy, essential=True)


def starts(program: str) -> bool:
    """Whether a Python is there and starts: a shim of pyenv may be for a version that is not chosen."""
    try:
        return subprocess.call([program, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def packages() -> Found:
    there = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    remedy = install("python{}.{}-venv".format(*sys.version_info[:2]))
    return Found("venv and pip of that Python, to set up with", there or READY.exists(), remedy, essential=True)


def make() -> Found:
    remedy = "xcode-select --install" if sys.platform == "darwin" else install("make")
    return Found("make", bool(shutil.which("make")), remedy, essential=True)


def room() -> Found:
    needed = ROOM_AFTER if READY.exists() else ROOM_BEFORE
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    what = f"{needed:g} GB of disk: {free:.1f} GB are free here"
    return Found(what, free >= needed, 'du -xm "$HOME" | sort -n | tail -20    # what is large', essential=True)


# What set-up brings


def environment() -> "list[Found]":
    """Whether meekcast is set up, and with which extras."""
    if not READY.exists():
        return [Found("an environment, .venv (`make forecast` sets it up by itself)", False, "make setup")]
    try:
        told = subprocess.run(
            [str(VENV / "bin" / "python"), "-c", MISSING_EXTRAS],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return [
            Found("the environment .venv: it holds no meekcast that starts", False, "make clean setup", essential=True)
        ]
    lacking = told.stdout.decode().split("\n")[:-1]
    extras = "all extras of meekcast" + "".join("; not " + line for line in lacking)
    return [Found("the environment .venv", True), Found(extras, not lacking, "make -B setup")]


# What some things need


def cache() -> "list[Found]":
    """Whether posteriors and machine code can be kept; without, every process samples and compiles anew."""
    named = os.environ.get("MEEKCAST_CACHE")
    if named:
        place = Path(named)
    elif sys.platform == "darwin":
        place = Path.home() / "Library" / "Caches" / "meekcast"
    else:
        place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meekcast"
    nearest = next(folder for folder in (place, *place.absolute().parents) if os.path.lexists(str(folder)))
    writable = nearest.is_dir() and os.access(str(nearest), os.W_OK | os.X_OK)
    kept = place / "code"
    private = not writable or not kept.exists() or not stat.S_IMODE(kept.lstat().st_mode) & 0o077
    return [
        Found(f"a cache that can be written: {place}", writable, 'export MEEKCAST_CACHE="$(mktemp -d)"'),
        Found("a cache of machine code that is yours alone", private, f'chmod 700 "{kept}"'),
    ]


def browser() -> Found:
    there = any(map(shutil.which, BROWSERS))
    remedy = install("chromium")
    if sys.platform == "darwin":  # an application has to know its own folder, so a link will not do
        remedy = "" if os.path.exists(CHROME) else "brew install --cask google-chrome && "
        script = f'#!/bin/sh\\nexec "{CHROME}" "$@"\\n'
        remedy += (
            f"printf '{script}' | sudo tee /usr/local/bin/google-chrome && sudo chmod +x /usr/local/bin/google-chrome"
        )
    return Found("a browser for the tests of the page: " + ", ".join(BROWSERS), there, remedy)


def git() -> Found:
    return Found("git, so that a run says its commit", bool(shutil.which("git")), install("git"))


def letters() -> Found:
    encoding = sys.stdout.encoding or "none"
    there = encoding.lower().replace("-", "") == "utf8"
    return Found(f"a terminal of UTF-8: it has {encoding}", there, "unset PYTHONIOENCODING; export PYTHONUTF8=1")


def main() -> int:
    """Print one line a finding, with the remedy of what is missing below it; returns the exit code."""
    found = [python(), packages(), make(), room(), *environment(), *cache(), browser(), git(), letters()]
    for each in found:
        if each.there:
            print("ok       " + each.what)
        else:
            print("missing  " + each.what + ("" if each.essential else " (optional)") + "\n         " + each.remedy)
    lacking = sum(each.essential and not each.there for each in found)
    print("\n" + (f"Essential and missing: {lacking}." if lacking else "Nothing essential is missing."))
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
