"""`make doctor`: what a machine lacks, with a remedy, before set-up and after; what is essential decides the code."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AS_IF = "import os, runpy, shutil, sys\n{}\nrunpy.run_path(sys.argv[1], run_name='__main__')"


@pytest.fixture
def checkout(tmp_path):
    """A checkout that was never set up."""
    folder = tmp_path / "checkout"
    (folder / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "doctor.py", folder / "tools")
    shutil.copy(ROOT / ".python-version", folder)
    return folder


@pytest.fixture
def set_up(checkout):
    """One that was, with the packages of this process."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (checkout / ".venv" / ".ready").touch()
    return checkout


@pytest.fixture
def doctor(tmp_path):
    """Ask, as if some things were otherwise; gives the code, and the remedy or None by what was looked at."""

    def ask(folder, changed="", path="", **environment):
        tools = tmp_path / "path"
        tools.mkdir(exist_ok=True)
        for name in ("make", "git", "chromium"):
            (tools / name).write_text("#!/bin/sh\n", encoding="utf-8")
            (tools / name).chmod(0o755)
        for name in path.split():
            (tools / name).unlink()
        done = subprocess.run(
            [sys.executable, "-c", AS_IF.format(changed), folder / "tools" / "doctor.py"],
            env={"PATH": str(tools), "HOME": str(tmp_path), "PYTHONUTF8": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        found, blank, verdict = done.stdout.partition("\n\n")
        assert (blank, verdict.strip() == "Nothing essential is missing.") == ("\n\n", done.returncode == 0)
        told, what = {}, ""
        for line in found.splitlines():
            if line.startswith("         "):
                assert told[what] == "", "two remedies"
                told[what] = line.strip()
            else:
                word, what = line.split(None, 1)
                told[what] = {"ok": None, "missing": ""}[word]
        assert "" not in told.values(), "no remedy"
        return done.returncode, told

    return ask


def only(told, *starts):
    """Remedies of what is missing, which has to begin so."""
    missing = {what: remedy for what, remedy in told.items() if remedy is not None}
    assert len(missing) == len(starts), missing
    assert all(any(what.startswith(start) for what in missing) for start in starts), missing
    return list(missing.values())


def test_before_set_up_nothing_is_missing_but_set_up(checkout, doctor):
    code, told = doctor(checkout)
    assert code == 0
    assert only(told, "an environment, .venv") == ["make setup"]
    assert not (checkout / ".venv").exists()


def test_after_it_nothing_is(set_up, doctor):
    code, told = doctor(set_up)
    assert code == 0
    only(told)


@pytest.mark.parametrize("version", [(3, 9, 6), (3, 11, 9), (3, 15, 0)])
def test_a_python_that_will_not_do_is_told_with_the_way_to_another(checkout, set_up, doctor, version):
    (checkout / ".venv" / ".ready").unlink()
    changed = f"sys.version_info = {version}"
    code, told = doctor(checkout, changed)
    assert code == 1
    (what,) = [what for what in told if what.startswith("Python")]
    assert what.endswith("is " + ".".join(map(str, version)))
    assert "uv python install" in told[what]
    assert "make setup PYTHON=" in told[what]
    (checkout.parent / "path" / "python3.14").symlink_to(sys.executable)
    assert doctor(checkout, changed)[1][what] == "make setup PYTHON=python3.14"


def test_of_a_machine_that_is_set_up_another_python_is_no_matter(set_up, doctor):
    code, told = doctor(set_up, "sys.version_info = (3, 9, 6)")
    assert code == 0
    only(told)


@pytest.mark.parametrize(
    ("changed", "path", "start", "remedy"),
    [
        ("sys.platform = 'linux'", "make", "make", "make"),
        ("sys.modules['ensurepip'] = None", "", "venv and pip", "-venv"),
        ("shutil.disk_usage = lambda place: type('Usage', (), {'free': 2.0e9})", "", "3 GB of disk: 2.0 GB", "du "),
    ],
)
def test_what_set_up_cannot_do_without_is_essential(checkout, doctor, changed, path, start, remedy):
    code, told = doctor(checkout, changed, path)
    assert code == 1
    said = only(told, start, "an environment, .venv")
    assert any(remedy in line for line in said)


@pytest.mark.parametrize("lacking", ["git", "chromium"])
def test_what_some_things_need_is_not(set_up, doctor, lacking):
    manager = set_up.parent / "path" / "apt-get"
    manager.parent.mkdir()
    manager.touch(mode=0o755)
    code, told = doctor(set_up, "sys.platform = 'linux'", lacking)
    assert code == 0
    (remedy,) = [remedy for remedy in told.values() if remedy]
    assert remedy.removeprefix("sudo ") == f"apt-get install {lacking}"


def test_on_a_mac_a_browser_gets_a_name_that_is_found(set_up, doctor):
    """The remedy is typed, as far as it needs no administrator."""
    chrome = "os.path.exists = lambda path, real=os.path.exists: str(path).startswith('/Applications') or real(path)"
    code, told = doctor(set_up, f"sys.platform = 'darwin'; {chrome}", "chromium")
    assert code == 0
    (remedy,) = [remedy for remedy in told.values() if remedy]
    printed = subprocess.run(remedy.split(" | ")[0], shell=True, capture_output=True, text=True, check=True).stdout
    assert printed == '#!/bin/sh\nexec "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "$@"\n'


def test_a_cache_that_cannot_be_written_is_told(set_up, doctor, tmp_path):
    (tmp_path / "file").touch()
    code, told = doctor(set_up, MEEKCAST_CACHE=str(tmp_path / "file" / "cache"))
    assert code == 0
    assert only(told, "a cache that can be written")[0].startswith("export MEEKCAST_CACHE=")
    only(doctor(set_up, MEEKCAST_CACHE=str(tmp_path / "not" / "there" / "yet"))[1])
    assert not (tmp_path / "not").exists()


def test_a_cache_that_others_can_look_into_is_told_and_mended_by_the_remedy(set_up, doctor, tmp_path):
    (tmp_path / "kept" / "code").mkdir(parents=True)
    (tmp_path / "kept" / "code").chmod(0o755)
    _, told = doctor(set_up, MEEKCAST_CACHE=str(tmp_path / "kept"))
    (remedy,) = only(told, "a cache of machine code")
    subprocess.run(remedy, shell=True, check=True)
    only(doctor(set_up, MEEKCAST_CACHE=str(tmp_path / "kept"))[1])


def test_another_encoding_is_told(set_up, doctor):
    _, told = doctor(set_up, PYTHONIOENCODING="latin-1")
    (remedy,) = only(told, "a terminal of UTF-8")
    assert remedy == "unset PYTHONIOENCODING; export PYTHONUTF8=1"


def test_an_extra_that_is_not_there_is_named(set_up, doctor, tmp_path):
    described = tmp_path / "packages" / "meekcast-0.1.0.dist-info" / "METADATA"
    described.parent.mkdir(parents=True)
    needs = "Requires-Dist: numpy\nRequires-Dist: no-such-thing>=2; extra == 'exports'\n"
    described.write_text(f"Metadata-Version: 2.4\nName: meekcast\nVersion: 0.1.0\n{needs}", encoding="utf-8")
    code, told = doctor(set_up, PYTHONPATH=str(described.parents[1]))
    assert code == 0
    assert only(told, "all extras of meekcast; not exports: no-such-thing") == ["make -B setup"]


def test_an_environment_that_does_not_start_is_essential(set_up, doctor):
    (set_up / ".venv" / "bin" / "python").unlink()
    code, told = doctor(set_up)
    assert code == 1
    assert only(told, "the environment .venv: it holds no meekcast") == ["make clean setup"]


def test_an_old_python_can_read_it():
    """So that it can be told; what stands in texts is for the Python of .venv."""
    text = (ROOT / "tools" / "doctor.py").read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 7))
    imported = {node.names[0].name if isinstance(node, ast.Import) else node.module for node in tree.body
                if isinstance(node, ast.Import | ast.ImportFrom)}  # fmt: skip
    assert imported <= {"importlib.util", "os", "pathlib", "shutil", "stat", "subprocess", "sys", "typing"}


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_without_any_python_make_says_so(checkout):
    shutil.copy(ROOT / "Makefile", checkout)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "doctor", "PYTHON=no-such-python"],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "missing  Python: no-such-python does not start" in done.stderr
    assert "make doctor PYTHON=" in done.stderr
