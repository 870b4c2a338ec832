"""Every notebook runs from top to bottom, and its pictures come out."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
PICTURES = {"first_forecast": 4, "calibration": 4, "what_drives_the_answer": 4}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory, leaderboard) -> dict[str, str]:
    """Of a kernel that finds the session's posterior of the default card in the session's cache."""
    return {**os.environ, "IPYTHONDIR": str(tmp_path_factory.mktemp("ipython"))}


def execute(source: Path, target: Path, environment: dict[str, str]) -> list[nbformat.NotebookNode]:
    """Run a notebook in a process of its own: the kernel's client warns, and starts threads, as it likes."""
    command = [sys.executable, str(ROOT / "notebooks" / "execute.py"), str(source), "--into", str(target.parent)]
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [cell for cell in nbformat.read(target, as_version=4).cells if cell.cell_type == "code"]


def test_every_notebook_is_tested():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == set(PICTURES)


@pytest.mark.long
@pytest.mark.parametrize("name", PICTURES)
def test_a_notebook_runs_and_shows_its_pictures(name, tmp_path, environment):
    cells = execute(ROOT / "notebooks" / f"{name}.ipynb", tmp_path / f"{name}.ipynb", environment)
    outputs = [output for cell in cells for output in cell.outputs]
    raised = [f"{output.ename}: {output.evalue}" for output in outputs if output.output_type == "error"]
    said = [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    pictures = [base64.b64decode(o.data["image/png"]) for o in outputs if "image/png" in o.get("data", {})]
    assert raised == []
    assert said == []
    assert all(cell.execution_count and cell.outputs for cell in cells), "a cell that shows nothing"
    assert len(pictures) == PICTURES[name]
    assert all(picture.startswith(PNG) and len(picture) > 10_000 for picture in pictures)


@pytest.mark.parametrize("name", PICTURES)
def test_a_notebook_has_ten_cells_of_code_and_says_what_they_do(name):
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    assert sum(cell["cell_type"] == "code" for cell in cells) == 10
    assert cells[0]["cell_type"] == "markdown"
