"""Runs of cards that need no sampling, and ways to harm them."""

import json
import shutil

import pytest

from meekcast.runs.verify import SEAL, seal

TODAY = "2026-11-21"
SMALL = ("--draws", 100, "--today", TODAY)


@pytest.fixture(scope="session")
def drawn(run_cli, tmp_path_factory):
    """Folder of the paper's card under the literature's priors."""
    out = tmp_path_factory.mktemp("drawn")
    answer = run_cli("forecast", "paper", "--priors", "literature", *SMALL, "--quiet", "--out", out)
    assert answer.code == 0, answer.err
    return out / "paper"


@pytest.fixture
def copied(drawn, tmp_path):
    return shutil.copytree(drawn, tmp_path / "paper")


@pytest.fixture(scope="session")
def cut():
    def harm(file):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    return harm


@pytest.fixture(scope="session")
def changed_byte():
    def harm(file):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(bytes(content))

    return harm


@pytest.fixture(scope="session")
def resealed():
    """Change a manifest as somebody does who knows how to seal it again."""

    def change(folder, alter):
        file = folder / "manifest.json"
        manifest = json.loads(file.read_text(encoding="utf-8"))
        alter(manifest)
        manifest[SEAL] = seal(manifest)
        file.write_text(json.dumps(manifest), encoding="utf-8")

    return change
