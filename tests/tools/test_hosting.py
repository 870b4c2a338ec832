"""What a forge reads: the hosted workflow, forms, and policies that name the tests that hold them."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from meekcast.inputs import Override, gather

ROOT = Path(__file__).parents[2]
FORGE = ROOT / ".github"
FORMS = sorted((FORGE / "ISSUE_TEMPLATE").glob("*.yml"))


def read(file):
    return yaml.safe_load(file.read_text(encoding="utf-8"))


# Workflow


@pytest.fixture(scope="module")
def workflow():
    return read(FORGE / "workflows" / "ci.yml")


def test_the_workflow_runs_what_anybody_can_run_on_every_python_and_two_systems(workflow):
    (job,) = workflow["jobs"].values()
    matrix = job["strategy"]["matrix"]
    supported = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    first, beyond = (int(minor) for minor in re.fullmatch(r">=3\.(\d+),<3\.(\d+)", supported).groups())
    assert matrix["python"] == [f"3.{minor}" for minor in range(first, beyond)]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos"}
    last = job["steps"][-1]
    assert last["run"] == ".ci/run"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    (chosen,) = [step for step in job["steps"] if "setup-python" in step.get("uses", "")]
    assert last["env"] == {"PYTHON": f"${{{{ steps.{chosen['id']}.outputs.python-path }}}}"}


def test_the_workflow_may_only_read(workflow):
    text = (FORGE / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in text
    assert not re.search(r"\bsecrets\.|github\.token", text)
    assert workflow["concurrency"]["cancel-in-progress"] is True
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 60
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert [name for name in used if not re.fullmatch(r"actions/[\w-]+@v\d+", name)] == []
        (checkout,) = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert checkout["with"]["persist-credentials"] is False


def test_the_chrome_of_a_runner_is_found_as_chromium(workflow, tmp_path):
    (step,) = [step for step in workflow["jobs"]["run"]["steps"] if step.get("name") == "Chrome as chromium"]
    folder = tmp_path / "a folder"
    folder.mkdir()
    chrome = folder / "google-chrome"
    chrome.write_text('#!/bin/sh\necho "$0: $*"\n', encoding="utf-8")
    chrome.chmod(0o755)
    search = f"{folder}:{os.environ['PATH']}"
    paths = tmp_path / "paths"
    environment = {**os.environ, "PATH": search, "RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_PATH": str(paths)}
    subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=environment, check=True)
    found = shutil.which("chromium", path=f"{paths.read_text(encoding='utf-8').strip()}:{search}")
    done = subprocess.run([found, "--headless", "a b"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{chrome}: --headless a b\n"


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_set_up_takes_the_python_that_the_environment_names(tmp_path):
    for name in ("Makefile", ".python-version", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\necho 2.7\n", encoding="utf-8")
    old.chmod(0o755)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")} | {"PYTHON": str(old)}
    done = subprocess.run(
        ["make", "setup"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert f"found 2.7 as {old}" in done.stderr
    assert not (tmp_path / ".venv").exists()


# Forms


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_a_form_is_one(file):
    form = read(file)
    assert {"name", "description", "body"} <= form.keys() <= {"name", "description", "title", "labels", "body"}
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert fields
    assert {field["type"] for field in fields} <= {"input", "textarea"}
    for what in ("id", "label"):
        said = [field.get("id") if what == "id" else field["attributes"]["label"] for field in fields]
        assert len(set(said)) == len(said)
        assert all(isinstance(word, str) and word for word in said)
    for field in form["body"]:
        keys = {"value"} if field["type"] == "markdown" else {"label", "description", "placeholder", "render"}
        assert field["attributes"].keys() <= keys
        assert all(isinstance(value, str) and value.strip() for value in field["attributes"].values())
    assert {field["id"] for field in fields if field["validations"]["required"]}


def test_a_changed_belief_asks_for_number_source_licence_what_moves_and_the_exact_line():
    form = read(FORGE / "ISSUE_TEMPLATE" / "changed-belief.yml")
    needed = {
        field["id"]: field["attributes"] for field in form["body"] if field.get("validations", {}).get("required")
    }
    assert {"parameter", "number", "source", "licence", "moved", "line"} <= needed.keys()
    program, command, option, change = shlex.split(needed["line"]["placeholder"])
    assert (program, command, option) == ("meekcast", "forecast", "--prior")
    override = Override.read(change)
    assert override.name == needed["parameter"]["placeholder"]
    gather("leaderboard", overrides=[override])  # the default card knows it


# Policies


def test_every_promise_names_a_test_that_exists():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert rows
    for row in rows:
        (named,) = re.findall(r"`(tests/[\w/.]+\.py)::(test_\w+)`", row)
        tree = ast.parse((ROOT / named[0]).read_text(encoding="utf-8"))
        assert named[1] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, row
