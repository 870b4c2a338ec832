"""What `make bench` writes: sections that replace their own kind, each with date and versions; no trace of the machine."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "run.py"


@pytest.fixture
def bench(monkeypatch):
    """Modules of the bench, which stand beside its script."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import measuring
    import results
    import run

    yield run, results, measuring
    for module in ("run", "results", "measuring"):
        sys.modules.pop(module, None)


def test_a_part_replaces_its_own_section_and_no_other(bench, tmp_path):
    run, results, measuring = bench
    file = tmp_path / "RESULTS.md"

    def section(part, seconds):
        row = measuring.timed("a | b", [measuring.Spent(seconds, 2 * seconds), measuring.Spent(5.0, 9.0)], "8 s")
        return {part: results.section(part, run.PARTS[part], 0.1, [row])}

    for part in ("bands", "machine", "start"):
        results.write(section(part, 1.0), tuple(run.PARTS), file)
    before = file.read_text().split("\n## ")
    assert [text.partition(":")[0] for text in before[1:]] == ["machine", "start", "bands"]
    assert "| a / b | 8 s | 1 s, 2 CPU s | 3 s, 5.5 CPU s | 2 |  |" in before[1]
    results.write(section("start", 4.0), tuple(run.PARTS), file)
    after = file.read_text().split("\n## ")
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, True]
    assert "| 4 s, 8 CPU s |" in after[2]


def test_a_section_names_date_processor_and_versions_and_no_machine(bench):
    _, results, _ = bench
    text = results.section("start", "waits", 3.0, [])
    for piece in (results.processor(), "cores, load 3.0", "Python 3.", "numpy ", "pymc ", "wall times are too long"):
        assert piece in text
    assert socket.gethostname() not in text
    assert str(ROOT) not in text
    assert "too long" not in results.section("start", "waits", 0.1, [])


def test_every_part_has_its_file(bench):
    run, _, _ = bench
    assert {file.stem for file in (SCRIPT.parent / "parts").glob("*.py")} == set(run.PARTS)


@pytest.mark.long
def test_a_part_is_measured_and_printed():
    command = [sys.executable, SCRIPT, "machine", "--repeats", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split(" | ") for line in done.stdout.splitlines() if " / CPU s" in line]
    assert len(lines) == 3
    assert {line[4] for line in lines} == {"2"}


@pytest.mark.parametrize(
    ("asked", "said"), [(["strat"], "there are machine, start"), (["--repeats", "0"], "measure once")]
)
def test_a_mistake_is_told_before_anything_is_measured(asked, said):
    done = subprocess.run([sys.executable, SCRIPT, *asked], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in " ".join(done.stderr.split())
