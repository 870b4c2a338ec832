"""The repository keeps its word: architecture, lock file, wheel, documents and house rules."""

import ast
import functools
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import textwrap
import tomllib
import zipfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import meekcast
from meekcast.cards import library
from meekcast.cli import program
from meekcast.inputs import gather
from meekcast.sensitivities.decision import load_decision

ROOT = Path(__file__).parents[1]
PAGES = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "docs").rglob("*.md"))
POLICIES = ["SECURITY.md", "CODE_OF_CONDUCT.md", ".github/PULL_REQUEST_TEMPLATE.md"]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *POLICIES, *PAGES]
SOURCE = ROOT / "src" / "meekcast"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Put together from pieces, so that this file does not hold what it forbids.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("py" + "pi", "org"),
        ("py" + "pi", "python", "org"),
        ("python" + "hosted", "org"),
        ("ana" + "conda", "org"),
        ("crates", "io"),
        ("npm" + "js", "org"),
        ("proxy", "golang", "org"),
    )
]
LOCAL_PATH = re.compile(r"(?<![\w.~-])/(?:" + "wo" + "rk|ro" + r"ot)(?=[/\s\"'`),:;\]]|$)", re.MULTILINE)
NEIGHBOUR = "../" + "shared"


@functools.cache
def tracked() -> dict[str, str]:
    """Text of every file that is tracked or about to be, by its path."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [name for name in found.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert "pyproject.toml" in paths
    texts = {}
    for name in paths:
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            texts[name] = content.decode("utf-8")
    return texts


def blocks(document: str, language: str = "") -> list[str]:
    """Fenced code blocks of a markdown document, of one language or of all."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(code) for tag, code in found if not language or tag == language]


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


# Architecture


def listed() -> list[str]:
    """First column of the table of ARCHITECTURE.md: modules, and folders with a slash at the end."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return re.findall(r"^\|\s*`([\w/]+(?:\.py|/))`\s*\|", text, re.MULTILINE)


def test_the_architecture_lists_every_module_once():
    entries = listed()
    folders = tuple(entry for entry in entries if entry.endswith("/"))
    needed = {
        path.relative_to(SOURCE).as_posix() for path in modules() if path.name not in {"__init__.py", "__main__.py"}
    }
    needed = {name for name in needed if not name.startswith(folders)} if folders else needed
    assert [entry for entry, count in Counter(entries).items() if count > 1] == []
    assert needed - set(entries) == set(), "modules that ARCHITECTURE.md does not list"


def test_the_house_has_few_rooms():
    rooms = {path.relative_to(SOURCE).parts[0] for path in modules()}
    assert len(rooms) <= 29, sorted(rooms)


def test_everything_that_the_architecture_lists_exists():
    missing = [entry for entry in listed() if not (SOURCE / entry).exists()]
    assert missing == []


def test_import_contracts_hold():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body, its docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_modules_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert len(text.splitlines()) < 400
    assert {f.name: body_lines(f) for f in functions if body_lines(f) > 32} == {}


# What no file may say


def test_the_lock_names_no_index_and_no_path_and_hashes_everything():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    names = {re.match(r"[a-z0-9-]+(?===)", entry).group() for entry in entries}  # a path or an option has no ==
    assert "://" not in text
    assert " @ " not in text
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    dependencies = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["dev"]]
    assert {re.match(r"[\w-]+", d).group().lower() for d in dependencies} - names == set()


def test_no_file_names_a_package_registry_or_a_path_of_a_machine():
    found = [(name, host) for name, text in tracked().items() for host in REGISTRY_HOSTS if host in text]
    found += [(name, match.group()) for name, text in tracked().items() for match in LOCAL_PATH.finditer(text)]
    assert found == []


def test_no_file_refers_to_what_is_outside_the_repository():
    assert [name for name, text in tracked().items() if NEIGHBOUR in text] == []


def test_every_notebook_is_committed_with_its_outputs():
    """Executed from top to bottom: every cell shows something, nothing failed, nothing tells of the machine."""
    for name, text in tracked().items():
        if name.endswith(".ipynb"):
            notebook = json.loads(text)
            code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
            outputs = [output for cell in code for output in cell["outputs"]]
            assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1)), name
            assert all(cell["outputs"] for cell in code), name
            assert all(output["output_type"] != "error" and output.get("name") != "stderr" for output in outputs), name
            assert any("image/png" in output.get("data", {}) for output in outputs), name
            assert set(notebook["metadata"]["language_info"]) == {"name"}, name
            assert "execution" not in {key for cell in code for key in cell["metadata"]}, name
            assert len(text) < 500_000, name
            assert not re.search(r"/(home|root|tmp|Users|work)/|0x[0-9a-f]{8}", text_outputs(outputs)), name


def text_outputs(outputs):
    """What outputs say, without pictures."""
    shown = [
        data
        for output in outputs
        for kind, data in [("text", output.get("text", "")), *output.get("data", {}).items()]
        if not kind.startswith("image/")
    ]
    return "".join("".join(data) for data in shown)


# Documents


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert PYPROJECT["project"]["version"] == version("meekcast")
    assert citation["version"] == version("meekcast")
    assert citation["license"] == PYPROJECT["project"]["license"]
    assert version("meekcast") in changelog


def test_the_citation_names_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    (paper,) = citation["references"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert "2507.07931" in paper["url"]
    assert [author["family-names"] for author in paper["authors"]] == ["Gundlach", "Lynch", "Thompson"]


def commands_shown(document: str) -> list[list[str]]:
    """Arguments of every command line of meekcast in a document's code blocks."""
    shown = []
    for code in blocks(document):
        for line in re.sub(r"\\\n\s*", " ", code).splitlines():
            line = line.strip().removeprefix("$ ")
            if line == "meekcast" or line.startswith("meekcast "):
                words = shlex.split(re.split(r"\s+[|>&;]", line)[0], comments=True)
                shown.append(words[1:])
            elif match := re.search(r"make forecast ARGS=(\"[^\"]*\"|'[^']*'|\S+)", line):
                shown.append(["forecast", *shlex.split(shlex.split(match.group(1))[0])])
    return shown


def complaint(words: list[str]) -> str:
    """What the command line says against its arguments, which are read but not run; empty if nothing."""
    group: Any = typer.main.get_command(program())
    try:
        context = group.make_context("meekcast", list(words))
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(name, rest, parent=context)
    except typer.Exit:  # --help and --version end there
        return ""
    except Exception as error:  # Typer's own copy of click has no public name for its errors
        if not hasattr(error, "format_message"):
            raise
        return error.format_message()
    return ""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_shown_parses(document):
    found = {f"meekcast {shlex.join(words)}": complaint(words) for words in commands_shown(document) if words}
    assert {line: said for line, said in found.items() if said} == {}


def test_a_command_that_does_not_exist_would_be_noticed():
    assert "No such option" in complaint(["forecast", "--sed", "1"])
    assert "No such option" in complaint(["--verbose"])
    assert "No such command" in complaint(["forcast"])
    assert "--at" in complaint(["point", "--at", "soon"])
    assert complaint(["forecast", "paper", "--priors", "wide", "--set", "R=10", "--json"]) == ""
    assert complaint(["forecast", "--help"]) == complaint(["--version"]) == ""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    linked = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in linked if not (ROOT / document).parent.joinpath(link).is_file()] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, "ARCHITECTURE.md"])
def test_every_file_of_the_repository_that_is_named_exists(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|docs|models|priors|benchmarks|tools)/[\w/.-]+)`", text))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_readme_is_short_and_shows_one_picture():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text) < 7500
    assert text.count("![") == 1


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_shown_exists(document):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {t for code in blocks(document) for t in re.findall(r"^(?:\$ )?make ([a-z-]+)", code, re.MULTILINE)}
    assert shown - targets == set()


def test_every_toml_file_shown_in_contributing_is_valid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = [re.match(r"# (\S+\.toml)\n", code) for code in blocks("CONTRIBUTING.md", "toml")]
    shown = [(m.group(1), code) for m, code in zip(files, blocks("CONTRIBUTING.md", "toml"), strict=True) if m]
    for name, code in shown:
        Path(name).write_text(code, encoding="utf-8")
    kinds = {name: type(library.check(Path(name))).__name__ for name, _ in shown}
    assert sorted(kinds.values()) == ["EvidenceTable", "ModelCard", "PriorSet", "TrendTable"]
    card = next(name for name, kind in kinds.items() if kind == "ModelCard")
    inputs = gather(card)  # with its own prior set and evidence, both of the document
    assert {inputs.priors.name, *(table.name for table in inputs.tables)} < {Path(name).stem for name in kinds}
    inputs.belief.factor()


def test_the_decision_shown_is_one(tmp_path):
    (shown,) = blocks("docs/how-to/decide.md", "toml")
    file = tmp_path / "decision.toml"
    file.write_text(shown, encoding="utf-8")
    decision = load_decision(file)
    assert decision.outcome in [event.name for event in library.load_card("leaderboard").events]


# Checkout and wheel

READ_EVERY_CARD = """
import json
import meekcast
from meekcast.cards import library
from meekcast.inputs import gather
found = {name: gather(name).hashes for name in library.names("models")}
priors = {name: library.fingerprint(library.load_priors(name)) for name in library.names("priors")}
tables = {name: library.fingerprint(library.load_evidence(name)) for name in library.names("evidence")}
print(json.dumps({"file": meekcast.__file__, "hashes": [found, priors, tables]}))
"""


def hashes_here() -> list[dict[str, object]]:
    """The same three tables, read in the checkout."""
    return [
        {name: gather(name).hashes for name in library.names("models")},
        {name: library.fingerprint(library.load_priors(name)) for name in library.names("priors")},
        {name: library.fingerprint(library.load_evidence(name)) for name in library.names("evidence")},
    ]


def run_uv(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uv", *map(str, arguments), "--quiet", "--offline"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run_uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder)
    (built,) = folder.glob("*.whl")
    return built


def test_a_checkout_reads_the_live_files():
    assert Path(meekcast.__file__).parent == SOURCE, "this environment holds no editable install of this checkout"
    assert library.shelf("models") == ROOT / "models"
    assert library.shelf("priors") == ROOT / "priors"
    assert library.shelf("evidence") == SOURCE / "observations" / "tables"


def test_the_wheel_carries_all_data_and_the_licence(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = {f"meekcast/{kind}/{file.name}" for kind in ("models", "priors") for file in (ROOT / kind).glob("*.toml")}
    data = [path for ending in ("toml", "csv") for path in (SOURCE / "observations").rglob(f"*.{ending}")]
    needed |= {f"meekcast/{path.relative_to(SOURCE).as_posix()}" for path in data}
    needed |= {f"meekcast/{path.relative_to(SOURCE).as_posix()}" for path in modules()}
    needed |= {f"meekcast/{path.relative_to(SOURCE).as_posix()}" for path in SOURCE.rglob("*.schema.json")}
    assert needed - held == set()
    assert len([name for name in held if name.endswith("/licenses/LICENSE")]) == 1
    assert [name for name in held if not name.startswith(("meekcast/", "meekcast-"))] == []


@pytest.mark.long
def test_an_installed_wheel_reads_the_same_inputs(wheel, tmp_path):
    environment = tmp_path / "venv"
    run_uv("venv", "--python", sys.executable, environment)
    python = next(environment.glob("[bS][ic][nr]*/python*"))  # bin, or Scripts
    run_uv("pip", "install", "--no-deps", "--python", python, wheel)
    # The dependencies come from here; a .pth file on PYTHONPATH is not read, so the checkout is not seen.
    done = subprocess.run(
        [python, "-c", READ_EVERY_CARD],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert environment in Path(seen["file"]).parents
    assert seen["hashes"] == hashes_here()
    assert all(seen["hashes"])
