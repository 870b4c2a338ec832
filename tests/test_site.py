"""The documentation: every page is reached, the site is whole, what pages show is what commands print."""

import html.parser
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import urllib.parse
from pathlib import Path
from types import ModuleType

import pytest

import meekcast as mk

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def links(page: Path) -> list[str]:
    """Targets of a page's links."""
    return re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Pages


def test_the_first_page_names_every_page():
    named = {(DOCS / target.split("#")[0]).resolve() for target in links(DOCS / "index.md")}
    pages = {page for page in PAGES if page.name not in {"index.md", "project.md"}}
    assert {name(page) for page in {*pages, *NOTEBOOKS} - named} == set()


def test_readme_leads_to_the_site():
    assert "docs/index.md" in links(ROOT / "README.md")


def test_python_pages_name_everything_public():
    text = "".join((DOCS / "reference" / f"{page}.md").read_text(encoding="utf-8") for page in ("python", "results"))
    documented = re.findall(r"^\.\. auto(?:function|class|exception):: (\w+)$", text, re.MULTILINE)
    assert set(mk.__all__) - {"__version__"} - set(documented) == set()


# What commands print


@pytest.fixture(scope="module")
def outputs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("outputs", DOCS / "outputs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def quick(command: str) -> bool:
    """Whether it needs no forecast."""
    words = shlex.split(command)
    return words[0] == "meekcast" and words[1] != "forecast" and "out/leaderboard" not in words


@pytest.mark.parametrize("page", [page for page in PAGES if "```console" in page.read_text(encoding="utf-8")], ids=name)
def test_pages_show_what_quick_commands_print(page, outputs, run_cli, tmp_path, monkeypatch):
    """What is drawn or sampled, `python docs/outputs.py` writes; the sampler's last digits differ between machines."""
    text = page.read_text(encoding="utf-8")
    before = dict(outputs.shown(text))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", outputs.COLUMNS)
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(tmp_path / "evidence"))
    for file, content in outputs.files_shown(text).items():
        Path(file).write_text(content, encoding="utf-8")

    def printed(command: str) -> str:
        if not quick(command):
            return before[command]
        answer = run_cli(*shlex.split(command)[1:])
        assert answer.code == 0, answer.err
        return answer.out

    assert outputs.rewritten(text, printed) == text


# The site


class Seen(html.parser.HTMLParser):
    """What a page of the site has: places, links, and what a browser fetches by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.places |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and found.get("href"):
            self.links.add(found["href"])
        elif tag in {"img", "script", "link", "iframe"}:
            self.fetched |= {found[key] for key in ("src", "href") if found.get(key)}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Built as `make docs` builds it."""
    pytest.importorskip("sphinx")
    folder = tmp_path_factory.mktemp("site")
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = (
        re.search(r"-m sphinx (.*?) \. build/docs", recipe).group(1).replace("build/doctrees", f"{folder}/doctrees")
    )
    command = [sys.executable, "-m", "sphinx", *shlex.split(options), ".", str(folder / "html")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere_and_nothing_is_fetched(site):
    found = [page for page in site.rglob("*.html") if "_static" not in page.parts]  # the theme's templates lie there
    pages = {page: Seen(page.read_text(encoding="utf-8")) for page in found}
    wrong = []
    for page, seen in pages.items():
        wrong += [(page.name, url) for url in seen.fetched if "//" in url]
        for url in {*seen.links, *seen.fetched}:
            parts = urllib.parse.urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
            if not target.is_file() or (
                parts.fragment and target in pages and parts.fragment not in pages[target].places
            ):
                wrong.append((page.name, url))
    assert wrong == []
    assert len(pages) > len(PAGES)
