"""A card about a made-up leaderboard."""

import dataclasses

import pytest

from meekcast.backtests.run import SETTINGS, backtest
from meekcast.backtests.summary import document
from meekcast.inputs import gather

QUICK = dataclasses.replace(SETTINGS, draws=100)

TABLE = """
schema = 1
name = "made-up"
title = "A made-up index"
benchmark = "eci"
kind = "records"
unit = "index"
rule = "made up"
date_precision = "day"
as_of = 2025-10-31
source = "Made up"
licence = "Facts"
records = [
  {{ actor = "frontier", date = 2023-08-10, model = "F1", score = 100 }},
  {{ actor = "frontier", date = 2024-01-10, model = "F2", score = 104 }},
  {{ actor = "frontier", date = 2024-05-20, model = "F3", score = 110 }},
  {{ actor = "frontier", date = 2024-12-15, model = "F4", score = {late} }},
  {{ actor = "frontier", date = 2025-08-01, model = "F5", score = {later} }},
  {{ actor = "budget", date = 2023-09-05, model = "B1", score = 90 }},
  {{ actor = "budget", date = 2024-02-01, model = "B2", score = 98 }},
  {{ actor = "budget", date = 2024-08-15, model = "B3", score = 105 }},
  {{ actor = "budget", date = 2025-02-10, model = "B4", score = 121 }},
]
"""
"""Gaps at quarter ends: 12, 12, 5 (2024-09), 12 or as `late` says (2024-12), 0 (2025-03, 06), `later` - 121."""


def made_up(folder, edited, late=117, later=126, name="made-up"):
    """Inputs of a card that reads the made-up table."""
    table = folder / f"{name}-table.toml"
    table.write_text(TABLE.format(late=late, later=later), encoding="utf-8")
    card = edited("models", "unbounded-measure", ('evidence = "eci"', f'evidence = "{table}"'), to=f"{name}.toml")
    return gather(card)


@pytest.fixture
def make(tmp_path, edited):
    """Make inputs of the made-up table, with other late scores if wanted."""
    return lambda *late, **named: made_up(tmp_path, edited, *late, **named)


@pytest.fixture
def inputs(make):
    return make()


@pytest.fixture(scope="session")
def quick():
    return QUICK


@pytest.fixture(scope="session")
def found(prior_fit):
    """The document of a backtest of the shipped card on the capabilities index, fitted by the prior."""
    return document(backtest(gather("unbounded-measure"), QUICK, fit=prior_fit()))
