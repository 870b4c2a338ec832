"""Work for the mapper, and listeners."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def work():
    """A module of work that workers can import too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent / "tasks")
        import some_work

        yield some_work


@pytest.fixture
def two(monkeypatch):
    monkeypatch.setenv("MEEKCAST_CORES", "2")


class Heard:
    def __init__(self):
        self.steps, self.draws = [], []

    def step(self, text):
        self.steps.append(text)

    def sampling(self, *draws):
        self.draws.append(draws)


class Counting(Heard):
    def counted(self, done, total):
        self.steps.append((done, total))


@pytest.fixture
def heard():
    return Heard


@pytest.fixture
def counting():
    return Counting
