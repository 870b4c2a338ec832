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
