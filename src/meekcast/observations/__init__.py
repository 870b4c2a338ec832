"""Observed scores: the tables that ship with meekcast, and the reader for tables of anyone.

A table is a TOML file of facts with source and licence, its many rows in a CSV file beside it. ``kind = "scores"``
lists every scored model of a board; rules say which of them count for an actor, and its records follow. Where only
records or gaps are published, ``kind = "records"`` and ``kind = "gaps"`` list these. A table of points
(`meekcast.observations.points`) is for fitting a curve: models with their size, data and score.

``kind = "trend"`` and ``kind = "losses"`` inform parameters before anything is sampled, on any card: dated
values that grow by a constant factor, and measured losses of models with their size and data.
"""

from meekcast.observations.likelihood import Observation, observations
from meekcast.observations.losses import LossRow, LossTable
from meekcast.observations.measurement import Measurement
from meekcast.observations.points import Point, PointTable
from meekcast.observations.prices import Prices, PriceTable
from meekcast.observations.rules import USUAL_ACTORS, Actor, Entry, Rule
from meekcast.observations.schema import EvidenceTable, GapRow, RecordRow
from meekcast.observations.scores import Score, ScoreTable
from meekcast.observations.trends import TrendRow, TrendTable

type ParameterTable = TrendTable | LossTable

__all__ = [
    "USUAL_ACTORS", "Actor", "Entry", "EvidenceTable", "GapRow", "LossRow", "LossTable", "Measurement", "Observation",
    "ParameterTable", "Point", "PointTable", "PriceTable", "Prices", "RecordRow", "Rule", "Score", "ScoreTable",
    "TrendRow", "TrendTable", "observations",
]  # fmt: skip
