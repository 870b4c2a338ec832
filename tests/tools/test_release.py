"""`make release`: what it refuses, and what a version of a small stand-in for meekcast becomes."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "release.py"
PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "meekcast"
version = "0.1.0"
description = "A stand-in"
requires-python = ">=3.12"
readme = "README.md"

[project.scripts]
meekcast = "meekcast:main"

[tool.hatch.build.targets.wheel]
packages = ["src/meekcast"]
"""
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## [0.1.0]\n\nThe first.\n"
STAND_IN = """
import sys
from importlib.metadata import version

NEEDS = {"backtest": "scale", "export": "exports", "elicit": "elicitation"}

def main():
    command = sys.argv[1]
    if command == "--version":
        print("meekcast", version("meekcast"))
    elif command in NEEDS:
        print(f"pip install 'meekcast[{NEEDS[command]}]'", file=sys.stderr)
        sys.exit(2)
"""


@pytest.fixture
def project(tmp_path):
    """A committed checkout of a package that has meekcast's commands, and nothing behind them."""
    files = {
        "pyproject.toml": PYPROJECT,
        "CITATION.cff": "title: meekcast\nversion: 0.1.0\n",
        "CHANGELOG.md": CHANGELOG,
        "README.md": "A stand-in.\n",
        "requirements.lock": "",
        ".gitignore": "dist/\n__pycache__/\n",
        "src/meekcast/__init__.py": STAND_IN,
    }
    folder = tmp_path / "project"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "tools").mkdir()
    shutil.copy(SCRIPT, folder / "tools")
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder, *arguments):
    who = ("-c", "user.name=Us", "-c", "user.email=us@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")


def release(folder, *arguments):
    return subprocess.run(
        [sys.executable, folder / "tools" / "release.py", *arguments], capture_output=True, text=True, check=False
    )


def refused(folder, *arguments, said):
    """Check that nothing came of it but one message, and that the checkout is as it was."""
    before = git(folder, "status", "--porcelain")
    done = release(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    message = done.stderr[done.stderr.index("error: ") :]
    assert said in message
    assert len(message.strip().splitlines()) >= 2, "no remedy"
    assert git(folder, "status", "--porcelain") == before
    assert not (folder / "dist").exists()


@pytest.mark.parametrize("version", ["", "soon", "0.2", "v0.2.0", "0.2.0.dev1", "0.2.0+ours", "00.2.0"])
def test_what_is_no_version_is_refused(project, version):
    refused(project, *([version] if version else []), said=f"{version!r} is no version")


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("0.1.0", "0.1.0 stands in CHANGELOG.md already"),
        ("0.1.0rc1", "0.1.0rc1 is not later than 0.1.0"),
        ("0.0.9", "0.0.9 is not later than 0.1.0"),
    ],
)
def test_a_version_that_was_or_is_too_early_is_refused(project, version, said):
    refused(project, version, said=said)


@pytest.mark.parametrize("changes", ["", "\n### Added\n\n### Changed\n"])
def test_a_version_that_changes_nothing_is_refused(project, changes):
    text = CHANGELOG.replace("\n### Added\n\n- Something.\n", changes)
    (project / "CHANGELOG.md").write_text(text, encoding="utf-8")
    commit(project)
    refused(project, "0.2.0", said="CHANGELOG.md has nothing under [Unreleased]")


@pytest.mark.parametrize("file", ["README.md", "new.py"])
def test_what_is_not_committed_is_refused(project, file):
    (project / file).write_text("Changed.\n", encoding="utf-8")
    refused(project, "0.2.0", said=f"not committed: {file}")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("meekcast[{NEEDS[command]}]", "meekcast", "meekcast export out/paper --to xlsx ended with 2"),
        ("    command = sys.argv[1]", "    import numpy\n    command = sys.argv[1]", "No module named 'numpy'"),
        ('version("meekcast"))', '"0.1.0")', "not with 0 and 'meekcast 0.2.0'"),
    ],
)
def test_a_wheel_that_does_not_stand_by_itself_is_no_version(project, old, new, said):
    file = project / "src" / "meekcast" / "__init__.py"
    assert old in STAND_IN
    file.write_text(STAND_IN.replace(old, new), encoding="utf-8")
    commit(project)
    refused(project, "0.2.0", said=said)


def test_a_version_is_number_changelog_and_files_and_no_tag(project):
    done = release(project, "0.2.0")
    assert done.returncode == 0, done.stderr
    assert git(project, "tag") == ""
    assert git(project, "status", "--porcelain").split() == [
        "M",
        "CHANGELOG.md",
        "M",
        "CITATION.cff",
        "M",
        "pyproject.toml",
    ]
    assert 'version = "0.2.0"' in (project / "pyproject.toml").read_text(encoding="utf-8")
    assert "version: 0.2.0" in (project / "CITATION.cff").read_text(encoding="utf-8")
    date = git(project, "log", "-1", "--format=%cs").strip()
    changes = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changes == CHANGELOG.replace("[Unreleased]\n", f"[Unreleased]\n\n## [0.2.0] - {date}\n")
    wheel, sdist = project / "dist" / "meekcast-0.2.0-py3-none-any.whl", project / "dist" / "meekcast-0.2.0.tar.gz"
    assert "meekcast/__init__.py" in zipfile.ZipFile(wheel).namelist()
    with tarfile.open(sdist) as archive:
        assert archive.extractfile("meekcast-0.2.0/CHANGELOG.md").read().decode() == changes
    first = [hashlib.sha256(file.read_bytes()).digest() for file in (wheel, sdist)]
    git(project, "checkout", "--quiet", ".")
    assert release(project, "0.2.0").returncode == 0
    assert [hashlib.sha256(file.read_bytes()).digest() for file in (wheel, sdist)] == first
