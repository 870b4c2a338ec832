"""Boards and price lists made up for tests."""

import datetime as dt

import pytest

from meekcast.observations.prices import Prices
from meekcast.observations.scores import ScoreTable


@pytest.fixture(scope="session")
def board():
    """Make a board of rows (model, released, score) or of whole rows."""

    def make(*rows, **said):
        whole = [
            row if isinstance(row, dict) else dict(zip(("model", "released", "score"), row, strict=True))
            for row in rows
        ]
        kept = {
            "schema": 1, "name": "b", "title": "B", "source": "s", "licence": "l", "benchmark": "b", "kind": "scores",
            "unit": "points", "chance": 0.0, "date_precision": "day",
        }  # fmt: skip
        return ScoreTable.model_validate({**kept, "rows": whole, **said})

    return make


@pytest.fixture(scope="session")
def priced():
    """Make price lists: dates and blended prices of each model."""

    def make(**models):
        return Prices(
            {m: tuple(sorted((dt.date.fromisoformat(d), usd) for d, usd in rows)) for m, rows in models.items()}
        )

    return make


TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def importing(tmp_path):
    """Import a text, bytes, or several files by name, into what stands; nothing is written."""

    def run(content, name="exam", file="exam.csv", boards=(), prices=None, **asked):
        from meekcast.observations.importing.asked import Asked, Standing
        from meekcast.observations.importing.run import prepared

        files = content if isinstance(content, dict) else {file: content}
        folder = tmp_path / "import"
        for one, text in files.items():
            path = folder / one
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        place = folder if isinstance(content, dict) else folder / file
        standing = Standing(
            folder=tmp_path / "home", boards={b.name: b for b in boards}, prices=prices if prices else Prices()
        )
        return prepared(str(place), Asked(name=name, today=TODAY, **asked), standing)

    return run
