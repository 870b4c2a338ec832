"""What holds for every picture: one look, dates as dates, shares within 0 to 100 %, users' texts as they are, with room."""

import dataclasses
import itertools
import json
import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from meekcast.beliefs.elicitation import fits
from meekcast.calibrations.asked import quantities
from meekcast.calibrations.run import SETTINGS as CALIBRATION_SETTINGS
from meekcast.calibrations.run import Calibration, Simulation
from meekcast.calibrations.summary import document
from meekcast.cards import library
from meekcast.errors import InputError
from meekcast.forecasts.checks import predictive_checks
from meekcast.forecasts.draws import Draws
from meekcast.inputs import gather
from meekcast.plots import style
from meekcast.plots.backtest import calibration_figure, errors_figure, intervals_figure
from meekcast.plots.calibration import ranks_figure
from meekcast.plots.checks import check_figure
from meekcast.plots.compare import comparison_figure, prior_figure
from meekcast.plots.elicit import elicited_figure
from meekcast.plots.forecast import gap_figure, loss_figure
from meekcast.plots.lag_check import lag_check_figure
from meekcast.plots.lags import lags_figure
from meekcast.plots.parameters import prior_posterior_figure
from meekcast.plots.sensitivity import power_scaling_figure, tornado_figure
from meekcast.plots.stack import stack_figure
from meekcast.plots.when import Curve, when_figure
from meekcast.vocabulary.parameters import find

UGLY = {
    "font.size": 23, "axes.facecolor": "yellow", "savefig.dpi": 31, "lines.linewidth": 9, "savefig.bbox": "tight",
    "axes.prop_cycle": "cycler('color', 'rgb')", "legend.fontsize": 3, "xtick.labelsize": 2, "image.cmap": "jet",
    "hatch.linewidth": 7, "text.color": "red", "figure.facecolor": "blue", "path.sketch": (3, 50, 5),
}  # fmt: skip
BACKTEST = Path(__file__).parents[1] / "docs" / "backtests" / "leaderboard.json"
LONG = "a very long name " * 40
TOGETHER = " & ".join(f"{board}_taste_memory" for board in ("arena", "eci", "gpqa", "mmlu_pro"))  # one joint prior
SPITEFUL = ["$\\frac$", "5$ vs 6$", "a\0b", "\x1b[31mred", "x" * 300, LONG, "日本", "100 % {sure}", "\ud800"]


@pytest.fixture(scope="module")
def backtest():
    return json.loads(BACKTEST.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def asked(leaderboard):
    source = Draws.of("mmlu-pro-alone", leaderboard.predictions, leaderboard.posterior)
    return source, leaderboard.when("lag_behind < 3 months"), leaderboard.when("mmlu_pro_gap < 2")


def comparison(clock="calendar", names=("one", "two"), event="the gap closes"):
    """Documents of two forecasts, one of which may not come."""
    last, dates = (2040, (2025, 2027, 2030, 2034)) if clock == "calendar" else (30, (0, 1, 4, 9))
    quantiles = dict(zip(("0.05", "0.25", "0.5", "0.75", "0.95"), [*dates, "inf"], strict=True))
    events = [{"name": event, "quantiles": quantiles}, {"name": "another", "quantiles": quantiles}]
    return [
        {"card": name, "label": name, "clock": clock, "horizon": last, "today": "2026-11-21", "events": events}
        for name in names
    ]


def stacked(event="the gap closes", card="one"):
    time = [2024.0, 2027.0, 2041.0]
    cards = [{"card": name, "weight": 0.5, "contribution": [0.0, 0.2, 0.5]} for name in (card, "two")]
    events = [{"name": name, "cards": cards} for name in (event, "another", "a third")]
    return {"time": time, "clock": "calendar", "today": "2026-11-21", "events": events}


def believed():
    return [(name, library.load_priors(name).belief) for name in ("literature", "wide")]


def driven(clock):
    """What `meekcast sensitivity` says of two answers: a date within months, and one that may not come."""
    low, high, horizon = (2024.6, 2025.3, 2040) if clock == "calendar" else (2.6, 5.3, 30)
    soon = {"together": [low, high], "apart": [low, high - 0.2]}
    never = {"together": [low, "inf"], "apart": [low, high]}
    dates = {"the gap closes: date": soon, "another: date": never}
    tornado = {name: {"base": low + 0.3, "bars": {"alpha": bars, "g_price": soon}} for name, bars in dates.items()}
    outputs = [{"name": name, "kind": "date", "unit": "year"} for name in dates]
    outputs.append({"name": "the gap closes: by 2030", "kind": "probability", "unit": "probability"})
    moved = {source: {"low": -0.02, "value": 0.01, "high": 0.04} for source in ("g_price", TOGETHER, "the data")}
    lean = {"doubling": {output["name"]: moved for output in outputs}}
    return {"clock": clock, "horizon": horizon, "tornado": tornado, "outputs": outputs, "power_scaling": lean}


def renamed(result):
    """The same forecast of parameters with endless names."""
    belief, draws = result.inputs.stated, result.draws.posterior
    names = {name: f"mmmmm_of_a_follower_with_a_long_name_{name}" for name in belief.names}
    inputs = SimpleNamespace(
        stated=dataclasses.replace(belief, names=tuple(names.values())),
        card=SimpleNamespace(parameter=lambda name: SimpleNamespace(unit="points per ln FLOP")),
        learns=True,
    )
    posterior = {new: draws[old] for old, new in names.items() if old in draws}
    return SimpleNamespace(inputs=inputs, draws=SimpleNamespace(posterior=posterior))


def on_many_boards(result, boards=5, followers=3):
    """The same forecast as if it were of several boards and followers with long names."""
    card, bands = result.inputs.card, result.bands.copy()
    read = [f.model_copy(update={"name": f"f{i}", "title": f"a follower, number {i}"}) for i, f in
            enumerate(card.followers * followers)]  # fmt: skip
    names = [f"board{i}" for i in range(boards)]
    series = []
    for name, (i, follower) in itertools.product(names, enumerate(read)):
        of_one = f"f{i}_{name}" if i else name
        series.append(card.series[0]._replace(name=of_one, follower=card.followers[0]))
        for kind in ("gap", "gap_observed"):
            bands[f"{of_one}_{kind}"] = bands[f"mmlu_pro_{kind}"].assign_attrs(
                long_name=f"A board with a very long name gap, frontier minus {follower.title}"
            )
    several = SimpleNamespace(
        followers=read, benchmark_names=names, series=series, clock="calendar", title=card.title,
        prefix=lambda follower: "" if follower == read[0] else f"{follower.name}_",
    )  # fmt: skip
    inputs = SimpleNamespace(
        card=several, tables=result.inputs.tables, known_table_of=lambda _: result.inputs.tables[0]
    )
    return SimpleNamespace(inputs=inputs, bands=bands, today=result.today, diagnostics=result.diagnostics)


def ranked():
    """A calibration of the default card in which some quantities are off, one of them with a long name."""
    inputs, rng = gather("leaderboard"), np.random.default_rng(0)
    asked = quantities(inputs)
    wide = {"gpqa_gap now", "R", "lag in a year", "budget_level >= frontier_level at 2026-04-01"}

    def simulation(number):
        drawn = {q.name: rng.beta(0.6, 0.6) if q.name in wide else rng.random() for q in asked}
        return Simulation(number, {name: int(100 * share) for name, share in drawn.items()}, 0, 1.0, 400.0)

    found = Calibration(inputs, CALIBRATION_SETTINGS, "predictions", tuple(map(simulation, range(300))))
    return document(found)


@pytest.fixture(scope="module")
def drawn(leaderboard, paper, paper_literature, asked, backtest):
    """Every kind of picture by its name."""
    source, late, early = asked
    parameter = find("g_investment")
    return {
        "gap": gap_figure(leaderboard),
        "gap, point values": gap_figure(paper),
        "gap, many boards": gap_figure(on_many_boards(leaderboard, 5, 1)),
        "gap, many followers": gap_figure(on_many_boards(leaderboard, 5, 4)),
        "lags": lags_figure(leaderboard),
        "lag check": lag_check_figure(leaderboard),
        "loss": loss_figure(leaderboard),
        "loss, elapsed": loss_figure(paper_literature),
        "parameters": prior_posterior_figure(leaderboard),
        "parameters, long names": prior_posterior_figure(renamed(leaderboard)),
        "checks": check_figure(predictive_checks(leaderboard)),
        "comparison": comparison_figure(comparison()),
        "comparison, elapsed": comparison_figure(comparison("elapsed")),
        "stack": stack_figure(stacked()),
        "when": when_figure([Curve("", late)], source, 2026.9),
        "when, several": when_figure([Curve("a", late), Curve("b", early)], source, 2026.9),
        "backtest": intervals_figure(backtest),
        "calibration": calibration_figure(backtest),
        "errors": errors_figure(backtest),
        "ranks": ranks_figure(ranked()),
        "tornado": tornado_figure(driven("calendar")),
        "tornado, elapsed": tornado_figure(driven("elapsed")),
        "power-scaling": power_scaling_figure(driven("calendar")),
        "prior": prior_figure("A", "nats/token", *believed()),
        "elicited": elicited_figure(parameter, fits(parameter, {0.05: 2.0, 0.95: 2.9})),
    }


KINDS = [
    "gap", "gap, point values", "gap, many boards", "gap, many followers", "lags", "lag check", "loss", "loss, elapsed", "parameters", "parameters, long names", "checks", "comparison",
    "comparison, elapsed", "stack", "when", "when, several", "backtest", "calibration", "errors", "ranks", "tornado",
    "tornado, elapsed", "power-scaling", "prior", "elicited",
]  # fmt: skip


def shown(figure: Figure) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Every text that is seen, with the box that it fills, in pixels."""
    with style.look():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    unseen = {id(text) for ax in figure.axes for text in _unseen(ax)}
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and id(t) not in unseen]
    return [(text.get_text(), text.get_window_extent(canvas.get_renderer()).extents) for text in texts]


def _unseen(ax):
    """Texts of axes that are switched off, and labels of ticks beyond an axis."""
    if not ax.axison:
        yield from ax.xaxis.findobj(Text) + ax.yaxis.findobj(Text)
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks() + axis.get_minor_ticks():
            if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                yield from (tick.label1, tick.label2)


@pytest.fixture(scope="module")
def written(drawn):
    """What is written on each picture, and where."""
    return {kind: shown(figure) for kind, figure in drawn.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_lies_on_another_and_none_is_cut(drawn, written, kind):
    figure, texts = drawn[kind], written[kind]
    assert len(texts) > 5
    width, height = figure.get_size_inches() * figure.dpi
    slack = 1.0  # pixels
    for one, (x0, y0, x1, y1) in texts:
        assert -slack <= x0 and x1 <= width + slack and -slack <= y0 and y1 <= height + slack, f"{one!r} is cut"
    for (one, a), (other, b) in itertools.combinations(texts, 2):
        apart = a[2] <= b[0] + slack or b[2] <= a[0] + slack or a[3] <= b[1] + slack or b[3] <= a[1] + slack
        assert apart, f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("kind", KINDS)
def test_no_date_is_printed_as_a_decimal_year(written, kind):
    labels = [text for text, _ in written[kind]]
    assert not [label for label in labels if re.search(r"\b20\d\d\.\d", label)]


def test_short_calendar_axes_count_months_and_long_ones_years():
    with style.look():
        ax = Figure().subplots()
        style.time_axis(ax.xaxis, calendar=True)
        written = {}
        for limits in ((2024.4, 2025.4), (2024.95, 2025.0), (2023.9, 2041.0), (1990, 2180)):
            ax.set_xlim(*limits)
            ticks = ax.xaxis.get_majorticklocs()
            written[limits] = [ax.xaxis.get_major_formatter()(tick) for tick in ticks]
            assert all(limits[0] <= tick <= limits[1] for tick in ticks)
            assert len(ticks) <= 8
    assert written[2024.4, 2025.4] == ["2024-07", "2024-09", "2024-11", "2025-01", "2025-03", "2025-05"]
    assert written[2023.9, 2041.0] == ["2025", "2028", "2031", "2034", "2037", "2040"]
    assert written[1990, 2180][0] == "2000"


def test_shares_end_at_0_and_100_percent(drawn):
    assert drawn["calibration"].axes[1].get_ylim() == (0, 100)
    assert drawn["calibration"].axes[0].get_xlim() == (0, 1)
    assert drawn["elicited"].axes[0].get_ylim() == (0, 1)
    for kind in ("when", "when, several"):
        assert drawn[kind].axes[0].get_ylim() == (0, 1)
        assert 0 == drawn[kind].axes[2].get_ylim()[0] < drawn[kind].axes[2].get_ylim()[1] <= 1
    low, high = drawn["stack"].axes[0].get_ylim()
    assert low == 0 < high <= 1


def test_a_comparison_marks_the_date_of_asking_and_shows_it(drawn):
    (ax,) = drawn["comparison"].axes
    (today,) = [line.get_xdata()[0] for line in ax.get_lines() if line.get_label() == "today, 2026-11-21"]
    assert ax.get_xlim()[0] < today < ax.get_xlim()[1]
    late = [{**document, "today": "2022-06-30"} for document in comparison()]  # before all dates
    (ax,) = comparison_figure(late).axes
    assert ax.get_xlim()[0] < 2022.5


def test_an_elapsed_clock_is_not_drawn_before_it_starts(drawn):
    assert drawn["comparison, elapsed"].axes[0].get_xlim() == (0, 30)


@pytest.mark.parametrize("draw", [gap_figure, lags_figure, lag_check_figure, loss_figure, prior_posterior_figure])
def test_a_users_settings_of_matplotlib_change_nothing(leaderboard, tmp_path, draw):
    style.save(draw(leaderboard), tmp_path / "plain.png")
    with matplotlib.rc_context(UGLY):
        before = dict(matplotlib.rcParams)
        style.save(draw(leaderboard), tmp_path / "ugly.png")
        assert dict(matplotlib.rcParams) == before  # and the user keeps them
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "ugly.png").read_bytes()


@pytest.mark.long
def test_a_matplotlibrc_changes_nothing(tmp_path, run_process):
    settings = tmp_path / "matplotlibrc"
    settings.write_text(
        "font.size: 23\naxes.facecolor: yellow\nlegend.fontsize: 3\nxtick.labelsize: 2\n", encoding="utf-8"
    )
    options = [
        "elicit",
        "g_investment",
        "--quantile",
        "0.05=2.0",
        "--quantile",
        "0.95=2.9",
        "--source",
        "us",
        "--picture",
    ]
    pictures = []
    for folder, environment in (("plain", {}), ("ugly", {"MATPLOTLIBRC": str(settings)})):
        assert run_process(*options, tmp_path / folder, **environment).code == 0
        pictures += (tmp_path / folder).rglob("*.png")
    one, other = pictures
    assert one.read_bytes() == other.read_bytes()


def unharmed(figure, file):
    """It is written without a warning, nothing in it is read as a formula, and the axes keep their room."""
    style.save(figure, file)
    assert not [text for text in figure.findobj(Text) if "$" in text.get_text() and text.get_parse_math()]
    assert figure.axes[0].get_window_extent().width > figure.bbox.width / 4
    assert figure.get_size_inches()[1] < 12


@pytest.mark.parametrize("text", SPITEFUL)
def test_a_users_title_breaks_no_picture_and_is_no_formula(leaderboard, tmp_path, text):
    card = leaderboard.inputs.card.model_copy(update={"title": text})
    titled = dataclasses.replace(leaderboard, inputs=dataclasses.replace(leaderboard.inputs, card=card))
    unharmed(lags_figure(titled), tmp_path / "lags.png")
    figure = gap_figure(titled)
    unharmed(figure, tmp_path / "gap.png")
    if "$" in text:
        assert figure.get_suptitle() == text


def test_users_names_break_no_picture_and_are_no_formulas(tmp_path):
    for first, second, third in itertools.batched(SPITEFUL, 3):
        unharmed(comparison_figure(comparison(names=(first, second), event=third)), tmp_path / "compare.png")
        unharmed(stack_figure(stacked(event=first, card=second)), tmp_path / "stack.png")


def test_a_nul_in_a_card_is_a_mistake_that_names_its_key(edited):
    file = edited("models", "mmlu-pro-alone", ('\ntitle = "MMLU-Pro"', '\ntitle = "MMLU\\u0000Pro"'))
    with pytest.raises(InputError, match=r"benchmarks\.title holds a NUL character") as error:
        library.load_card(file)
    assert "\0" not in error.value.message


def test_logarithmic_axes_are_labelled_without_formulas():
    with style.look():
        figure = Figure()
        ax = figure.subplots()
        ax.plot([1, 2], [1e20, 1e30])
        style.log_scale(ax, "y")
        ax.plot([1, 5], [1e22, 1e22])
        style.log_scale(ax, "x")
        FigureCanvasAgg(figure).draw()
        labels = [label.get_text() for axis in (ax.xaxis, ax.yaxis) for label in axis.get_ticklabels(which="both")]
    assert {"10²⁰", "10³⁰", "1", "2", "5"} <= set(labels)
    assert not [label for label in labels if "$" in label]
