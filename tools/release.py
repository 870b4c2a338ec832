"""Make a version: number, changelog, wheel and sdist, checked in a clean environment. Nothing is uploaded or tagged.

python tools/release.py VERSION

It works on a copy of what is committed; the checkout is changed, and `dist/` filled, only if everything went well.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from packaging.metadata import Metadata
from packaging.version import InvalidVersion, Version

from meekcast.errors import InputError, MeekcastError

ROOT = Path(__file__).parents[1]
UNRELEASED = "## [Unreleased]\n"
AGAIN = "Nothing in the checkout was changed. Mend it, commit, and try again."


class Check(NamedTuple):
    """A command of the wheel without extras, its exit code, and what it has to say."""

    command: str
    code: int = 0
    said: str = ""


CHECKS = (
    Check("meekcast --version", said="meekcast {version}"),
    Check("meekcast forecast paper --out out"),
    Check("meekcast when 'loss_gap < 0.05' --card paper"),
    Check("meekcast export out/paper --to xlsx", 2, "meekcast[exports]"),
    Check("meekcast backtest --scheduler tcp://localhost:8786", 2, "meekcast[scale]"),
    Check(
        "meekcast elicit g_price --quantile 0.05=2 --quantile 0.95=4 --source Us --compare", 2, "meekcast[elicitation]"
    ),
)


# The number


def numbered(root: Path, version: str, date: str) -> dict[str, str]:
    """Texts of the files that hold the version, with the new one.

    Parameters
    ----------
    root : pathlib.Path
        A checkout.
    version : str
        The new version, such as "0.2.0".
    date : str
        Its date in the changelog, YYYY-MM-DD.

    Returns
    -------
    dict of str to str
        Text by the name of the file.

    Raises
    ------
    InputError
        If the version is none, is not later than that of ``pyproject.toml``, or the changelog cannot have it.
    """
    texts = {
        name: (root / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md")
    }
    changes = released(texts["CHANGELOG.md"], version, date)
    now = re.findall(r'^version = "(.+)"$', texts["pyproject.toml"], re.MULTILINE)[0]
    if number(version) <= number(now):
        raise InputError(f"{version} is not later than {now}, the version of pyproject.toml", "Give a later one.")
    return {
        "pyproject.toml": texts["pyproject.toml"].replace(f'\nversion = "{now}"\n', f'\nversion = "{version}"\n', 1),
        "CITATION.cff": texts["CITATION.cff"].replace(f"\nversion: {now}\n", f"\nversion: {version}\n", 1),
        "CHANGELOG.md": changes,
    }


def number(text: str) -> Version:
    """Read a version of three numbers, perhaps with rc1 or the like; refuse anything else."""
    try:
        found = Version(text)
    except InvalidVersion:
        found = Version("0")
    if str(found) != text or len(found.release) != 3 or found.local or found.is_devrelease or found.is_postrelease:
        raise InputError(f"{text!r} is no version", "Give three numbers: make release ARGS=0.2.0 (or 0.2.0rc1).")
    return found


def released(changelog: str, version: str, date: str) -> str:
    """Put what is under "Unreleased" under a version."""
    number(version)
    if re.search(rf"^## \[?{re.escape(version)}\]?(?!\S)", changelog, re.MULTILINE):
        raise InputError(f"{version} stands in CHANGELOG.md already", "Give a later version.")
    before, found, after = changelog.partition(UNRELEASED)
    changes = re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0]
    if not found or not re.search(r"^(?!#)\S", changes, re.MULTILINE):
        raise InputError(
            f"CHANGELOG.md has nothing under {UNRELEASED.strip('# ' + chr(10))}",
            "Write there what users see of the new version, and commit it.",
        )
    return f"{before}{UNRELEASED}\n## [{version}] - {date}\n{after}"


# What is committed


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a program that has to go well; returns what it prints."""
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise MeekcastError(
            f"{shlex.join(map(str, command))} failed:\n{done.stderr.strip() or done.stdout.strip()}", AGAIN
        )
    return done.stdout


def refuse_changes() -> None:
    """Refuse a checkout that differs from what is committed."""
    changed = run("git", "status", "--porcelain").splitlines()
    if changed:
        shown = ", ".join(line[3:] for line in changed[:5]) + (" and more" if len(changed) > 5 else "")
        raise InputError(f"the checkout has changes that are not committed: {shown}", "Commit them, or: git stash -u")


def copied(folder: Path) -> Path:
    """Put what is committed into a folder of its own."""
    run("git", "archive", "--output", folder / "committed.tar", "HEAD")
    with tarfile.open(folder / "committed.tar") as archive:
        archive.extractall(folder / "checkout", filter="data")
    return folder / "checkout"


# Files


def built(checkout: Path, folder: Path, version: str) -> list[Path]:
    """Build the sdist and, from it, the wheel, with valid metadata; the same commit gives the same bytes."""
    since = run("git", "log", "-1", "--format=%ct").strip()
    uv(
        "build",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        folder,
        cwd=checkout,
        SOURCE_DATE_EPOCH=since,
    )
    files = sorted(folder.glob("*.whl")) + sorted(folder.glob("*.tar.gz"))
    for file in files:
        try:
            found = Metadata.from_email(described(file), validate=True)
        except ExceptionGroup as error:
            raise MeekcastError(f"metadata of {file.name}: {'; '.join(map(str, error.exceptions))}", AGAIN) from None
        if str(found.version) != version or not found.description:
            raise MeekcastError(f"{file.name} is of version {found.version}, or has no description", AGAIN)
    return files


def described(file: Path) -> bytes:
    """Return the metadata of a wheel or of an sdist."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as archive:
            return archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))
    with tarfile.open(file) as archive:
        held = archive.extractfile(f"{file.name.removesuffix('.tar.gz')}/PKG-INFO")
        return held.read() if held else b""


def uv(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> None:
    """Run uv, quietly."""
    run(sys.executable, "-m", "uv", *arguments, "--quiet", cwd=cwd, **environment)


# A clean environment


def checked(
    wheel: Path,
    checkout: Path,
    folder: Path,
    version: str,
    say: Callable[[str], None],
    python: str = sys.executable,
    checks: Iterable[Check] = CHECKS,
    files: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Install a wheel without extras, at the versions of the lock, where nothing else is; run commands beside files."""
    programs, place = folder / "environment" / "bin", folder / "elsewhere"
    uv("venv", "--python", python, programs.parent)
    uv("pip", "install", "--python", programs / "python", "--constraints", checkout / "requirements.lock", wheel)
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    clean = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    clean |= {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(place), "MEEKCAST_CACHE": str(folder / "cache")}
    for check in checks:
        say(f"  {check.command}")
        holds(check._replace(said=check.said.format(version=version)), place, clean)


def holds(check: Check, place: Path, environment: dict[str, str]) -> None:
    """Refuse a command that does not end as it should, or does not say what it should, or ends in a traceback."""
    done = subprocess.run(
        ["sh", "-c", check.command], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    if done.returncode != check.code or check.said not in output or "Traceback" in output:
        wanted = f"{check.code}" + (f" and {check.said!r}" if check.said else "")
        end = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise MeekcastError(
            f"in a clean environment, {check.command} ended with {done.returncode}, not with {wanted}:\n{end}", AGAIN
        )


def release(version: str, say: Callable[[str], None]) -> list[Path]:
    """Check everything on a copy; then write number and changelog into the checkout, and the files into ``dist/``."""
    refuse_changes()
    texts = numbered(ROOT, version, run("git", "log", "-1", "--format=%cs").strip())
    with tempfile.TemporaryDirectory(prefix="meekcast-release-") as temporary:
        folder = Path(temporary)
        checkout = copied(folder)
        for name, text in texts.items():
            (checkout / name).write_text(text, encoding="utf-8")
        say("building sdist and wheel")
        files = built(checkout, folder / "dist", version)
        say("checking the wheel without extras in a clean environment")
        checked(files[0], checkout, folder, version, say)
        for name, text in texts.items():
            (ROOT / name).write_text(text, encoding="utf-8")
        (ROOT / "dist").mkdir(exist_ok=True)
        return [Path(shutil.copy(file, ROOT / "dist")) for file in files]


def main() -> int:
    """Make the version that is asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", nargs="?", default="", help="such as 0.2.0")
    version = parser.parse_args().version
    try:
        files = release(version, lambda text: print(text, file=sys.stderr, flush=True))
    except MeekcastError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print("\n".join(str(file.relative_to(ROOT)) for file in files))
    print(f"pyproject.toml, CITATION.cff and CHANGELOG.md say {version}. Nothing was uploaded or tagged. What is left:")
    print(f'  git diff && git commit -am "Version {version}" && git tag -a v{version} -m "Version {version}"')
    return 0


if __name__ == "__main__":
    sys.exit(main())
