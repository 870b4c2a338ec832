"""All pictures of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.forecasts.lags import tells_lags
from meekcast.plots import style
from meekcast.plots.checks import write_checks
from meekcast.plots.followers import followers_figure
from meekcast.plots.forecast import gap_figure, loss_figure
from meekcast.plots.lag_check import lag_check_figure
from meekcast.plots.lags import lags_figure
from meekcast.plots.parameters import prior_posterior_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from meekcast.forecasts.checks import PredictiveCheck
    from meekcast.plots.forecast import Drawn


def draw_run(result: Drawn, checks: Sequence[PredictiveCheck], folder: Path) -> None:
    """Draw all pictures of a run: those of every forecast, and its predictive checks where there are any."""
    write_pictures(result, folder)
    if checks:
        write_checks(checks, folder)


def write_pictures(result: Drawn, folder: Path) -> list[Path]:
    """Write gap, loss, prior_posterior, lags and lag_check where lags are told, and followers where there are several.

    Parameters
    ----------
    result : Forecast
        The forecast.
    folder : pathlib.Path
        Where.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    figures: dict[str, Callable[[Drawn], Figure]]
    figures = {"gap.png": gap_figure, "loss.png": loss_figure, "prior_posterior.png": prior_posterior_figure}
    if tells_lags(result.inputs):
        figures |= {"lags.png": lags_figure, "lag_check.png": lag_check_figure}
    if len(result.inputs.card.followers) > 1:
        figures["followers.png"] = followers_figure
    for name, draw in figures.items():
        style.save(draw(result), folder / name)
    return [folder / name for name in figures]
