"""What pictures are made of, for those who hand them on and draw nothing."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["Axes", "Figure"]
