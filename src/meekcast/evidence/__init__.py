"""Observed scores: the tables that ship with meekcast, and the reader for tables of anyone.

A table is a TOML file of facts with source and licence. ``kind = "scores"`` lists models that set a
record, each for one actor; ``kind = "gaps"`` lists published gaps, where only those exist. A table of
points (`meekcast.evidence.points`) is for fitting a curve: models with their size, data and score.
"""

from meekcast.evidence.points import Point, PointTable
from meekcast.evidence.schema import EvidenceTable, GapRow, Observation, ScoreRow, observations

__all__ = ["EvidenceTable", "GapRow", "Observation", "Point", "PointTable", "ScoreRow", "observations"]
