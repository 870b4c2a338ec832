"""Pictures without pixels: what is drawn is the result, labelled, in colours that everyone can tell apart."""

import dataclasses
import datetime as dt

import matplotlib.figure
import numpy as np
import pytest
from matplotlib.colors import same_color, to_hex

from meekcast.cards import library
from meekcast.clock import decimal_year
from meekcast.forecasts.checks import predictive_checks
from meekcast.forecasts.forecast import forecast
from meekcast.inputs import gather
from meekcast.model.leaderboard import standing_gaps, standing_records
from meekcast.plots import style
from meekcast.plots.checks import check_figure, write_checks
from meekcast.plots.forecast import gap_figure, gap_quantities, loss_figure
from meekcast.plots.parameters import parameter_panels, prior_posterior_figure

OKABE_ITO = {"#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"}
GREYS = {"#767676"}


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def line(ax, label):
    (found,) = [drawn for drawn in ax.get_lines() if drawn.get_label() == label]
    return found


def vertical_lines(ax):
    return [drawn.get_xdata()[0] for drawn in ax.get_lines() if len(set(drawn.get_xdata())) == 1]


@pytest.fixture(scope="module")
def gap_axes(leaderboard):
    (ax,) = gap_figure(leaderboard).axes
    return ax


@pytest.fixture(scope="module")
def paper_axes(paper):
    (ax,) = gap_figure(paper).axes
    return ax


@pytest.fixture(scope="module")
def priced(today):
    """A fixed price per token: the budget actor overtakes the frontier."""
    return forecast(gather("paper-inference", "literature"), today=today)


def test_the_gap_that_is_shown_is_of_the_benchmark_or_of_loss(leaderboard, paper):
    assert gap_quantities(leaderboard) == ["mmlu_pro_gap"]
    assert gap_quantities(paper) == ["loss_gap"]


def test_axes_name_what_they_show_with_units(gap_axes, paper_axes, leaderboard, paper):
    assert (gap_axes.get_xlabel(), gap_axes.get_ylabel()) == ("Year", "MMLU-Pro gap (points)")
    assert (paper_axes.get_xlabel(), paper_axes.get_ylabel()) == (
        "Years since both actors spent the same",
        "Loss gap (nats/token)",
    )
    assert gap_axes.figure.get_suptitle() == leaderboard.inputs.card.title
    for result in (leaderboard, paper):
        (ax,) = loss_figure(result).axes
        assert "nats per token" in ax.get_ylabel()
        assert ax.get_xlabel()


def test_legends_say_what_is_a_median_and_what_a_band(gap_axes, paper_axes, leaderboard):
    assert legend(gap_axes.figure) == [
        "gap: median, 50 % and 90 % band",
        "90 % band of what a leaderboard would show",
        "time with evidence, to 2025-04",
        "seen: mmlu-pro",
        "today, 2026-11-21",
    ]
    assert legend(paper_axes.figure) == ["gap, at the card's point values"]
    bands = [f"{actor}: median, 50 % and 90 % band (dashed)" for actor in ("the budget actor", "frontier")]
    assert legend(loss_figure(leaderboard)) == [*bands, "today, 2026-11-21"]


def test_the_median_and_the_bands_are_the_results(gap_axes, leaderboard):
    band = leaderboard.bands["mmlu_pro_gap"]
    median = line(gap_axes, "gap: median, 50 % and 90 % band")
    np.testing.assert_array_equal(median.get_xdata(), band["time"])
    np.testing.assert_array_equal(median.get_ydata(), band.sel(quantile=0.5))
    wide, narrow = gap_axes.collections
    for drawn, (low, high) in ((wide, (0.05, 0.95)), (narrow, (0.25, 0.75))):
        vertices = drawn.get_paths()[0].vertices
        edges = np.concatenate([band.sel(quantile=low), band.sel(quantile=high)])
        assert set(np.round(edges, 9)) <= set(np.round(vertices[:, 1], 9))


def test_the_points_are_the_gap_that_stood_at_each_date_of_the_band_up_to_the_end_of_the_data(gap_axes, leaderboard):
    table, time = leaderboard.inputs.tables[0], leaderboard.bands["time"].to_numpy()
    seen, end = line(gap_axes, "seen: mmlu-pro"), decimal_year(table.complete_until)
    dates = [*time[time < end], end]
    np.testing.assert_array_equal(seen.get_xdata(), dates)
    np.testing.assert_array_equal(seen.get_ydata(), standing_gaps(table, "budget", np.array(dates)))
    assert (seen.get_marker(), seen.get_linestyle()) == ("o", "None")


@pytest.mark.parametrize(
    ("date", "gap"),
    [((2023, 12, 1), 30), ((2024, 3, 1), 31), ((2024, 4, 1), 13), ((2024, 6, 1), 18), ((2024, 7, 1), 7),
     ((2024, 12, 1), 13), ((2025, 1, 1), 4), ((2025, 2, 1), 1), ((2025, 4, 1), 3)],
)  # fmt: skip
def test_the_gap_seen_is_the_difference_of_the_best_so_far(date, gap):
    year = decimal_year(dt.date(*date))
    assert standing_gaps(library.load_evidence("mmlu-pro"), "budget", np.array([year])) == gap


def test_points_start_when_both_actors_have_a_record(gap_axes, leaderboard):
    table = leaderboard.inputs.tables[0]
    first = max(standing_records(table, actor)[0][0] for actor in ("frontier", "budget"))
    seen = line(gap_axes, "seen: mmlu-pro")
    there = np.isfinite(seen.get_ydata())
    assert (np.asarray(seen.get_xdata())[~there] < first).all()
    assert there.sum() > 10


def test_what_a_leaderboard_would_show_is_drawn_after_the_last_record_only(gap_axes, leaderboard):
    shown = line(gap_axes, "90 % band of what a leaderboard would show")
    last = decimal_year(leaderboard.inputs.tables[0].complete_until)
    x, y = np.asarray(shown.get_xdata()), np.asarray(shown.get_ydata())
    assert np.isnan(y[x <= last]).all()
    np.testing.assert_array_equal(y[x > last], leaderboard.bands["mmlu_pro_gap_observed"].sel(quantile=0.05)[x > last])


def test_today_is_marked_under_the_curves_on_a_calendar_and_nowhere_else(gap_axes, paper_axes, leaderboard, today):
    assert vertical_lines(gap_axes) == [decimal_year(today)]
    marked = line(gap_axes, "today, 2026-11-21")
    assert marked.get_zorder() < min(drawn.get_zorder() for drawn in gap_axes.get_lines() if drawn is not marked)
    assert not gap_axes.texts  # the legend names it: no word lies over a curve
    assert gap_axes.get_xlim()[0] < decimal_year(today) < gap_axes.get_xlim()[1]
    assert not vertical_lines(paper_axes)
    assert vertical_lines(loss_figure(leaderboard).axes[0]) == [decimal_year(today)]


def test_the_picture_of_a_gap_starts_at_zero_and_ends_when_it_has_closed(gap_axes, paper_axes, leaderboard):
    assert gap_axes.get_ylim()[0] == paper_axes.get_ylim()[0] == 0
    start, end = gap_axes.get_xlim()
    assert start == float(leaderboard.bands["time"][0])
    high = leaderboard.bands["mmlu_pro_gap"].sel(quantile=0.95)
    assert (high[leaderboard.bands["time"] > end] < 0.02 * float(high.max()) + 1e-9).all()


def test_the_picture_of_a_gap_that_stays_open_ends_some_years_after_today(leaderboard, today):
    flat = leaderboard.bands["mmlu_pro_gap"] * 0 + leaderboard.bands["quantile"] * 10
    flat.attrs = leaderboard.bands["mmlu_pro_gap"].attrs
    (ax,) = gap_figure(dataclasses.replace(leaderboard, bands=leaderboard.bands.assign(mmlu_pro_gap=flat))).axes
    assert ax.get_xlim()[1] == decimal_year(today) + 5 < float(leaderboard.bands["time"][-1])


def test_where_the_evidence_ends_is_marked(gap_axes, leaderboard):
    (covered,) = [patch for patch in gap_axes.patches if patch.get_label().startswith("time with evidence")]
    left, right = covered.get_x(), covered.get_x() + covered.get_width()
    assert left == float(leaderboard.bands["time"][0])
    assert right == pytest.approx(decimal_year(leaderboard.inputs.tables[0].complete_until))


def test_the_axis_of_a_gap_goes_below_zero_only_where_the_follower_leads_and_says_so(priced, paper_axes):
    assert paper_axes.get_ylim()[0] == 0
    (ax,) = gap_figure(priced).axes
    seen = priced.bands["loss_gap"].where(priced.bands["time"] <= ax.get_xlim()[1])
    low, high = ax.get_ylim()
    assert low < float(seen.min()) < -0.01 * float(seen.max())
    assert float(seen.max()) < high
    assert [text.get_text() for text in ax.texts] == ["below 0: the follower leads"]


def colours(figure):
    for ax in figure.axes:
        yield from (to_hex(drawn.get_color()) for drawn in ax.get_lines())
        for collection in ax.collections:
            yield from (to_hex(colour) for colour in collection.get_facecolor())


@pytest.mark.parametrize("draw", [gap_figure, loss_figure, prior_posterior_figure])
def test_all_colours_are_okabe_and_itos_or_grey(leaderboard, draw):
    assert set(colours(draw(leaderboard))) <= OKABE_ITO | GREYS


def test_the_actors_keep_their_colours(leaderboard):
    (ax,) = loss_figure(leaderboard).axes
    assert same_color(line(ax, "frontier: median, 50 % and 90 % band (dashed)").get_color(), style.FRONTIER)
    assert same_color(line(ax, "the budget actor: median, 50 % and 90 % band (dashed)").get_color(), style.BUDGET)
    assert len({style.FRONTIER, style.BUDGET, style.GAP, style.NEUTRAL, style.SEEN}) == 5


def test_losses_are_the_results(leaderboard):
    (ax,) = loss_figure(leaderboard).axes
    for actor, called in (("frontier", "frontier"), ("budget", "the budget actor")):
        drawn = line(ax, f"{called}: median, 50 % and 90 % band (dashed)")
        np.testing.assert_array_equal(drawn.get_ydata(), leaderboard.bands[f"loss_{actor}"].sel(quantile=0.5))


@pytest.mark.parametrize("name", ["leaderboard", "paper", "paper_literature"])
@pytest.mark.parametrize("draw", [gap_figure, loss_figure, prior_posterior_figure])
def test_figures_are_a_column_wide_and_no_higher_than_a_page(request, name, draw):
    figure = draw(request.getfixturevalue(name))
    assert isinstance(figure, matplotlib.figure.Figure)
    width, height = figure.get_size_inches()
    assert width == 6.9
    assert 1.5 < height < 10


def panels(figure):
    """Of each panel of parameters: its name, its unit, and where on the axes each of its ticks stands."""
    (ax,) = figure.axes
    found = []
    for text in ax.texts:
        if "\n" in text.get_text():
            found.append((*text.get_text().split("\n"), {}))
        else:
            found[-1][2][float(text.get_text())] = text.get_position()[0]
    return found


def curves(figure, kind):
    """Points of each curve of a kind, above the base of its panel."""
    found = [collection for collection in figure.axes[0].collections if collection.get_label() == kind]
    for path in (path for collection in found for path in collection.get_paths()):
        x, y = path.to_polygons(closed_only=False)[0].T
        yield x, y.max() - y  # the axes count from above


def test_every_uncertain_parameter_has_a_panel_with_its_unit(leaderboard):
    figure = prior_posterior_figure(leaderboard)
    names, units, ticks = zip(*panels(figure), strict=True)
    assert names == leaderboard.inputs.belief.free
    assert all(unit.startswith("[") and unit.endswith("]") for unit in units)
    assert ("g_price", "[per year]") in zip(names, units, strict=True)
    assert {len(places) for places in ticks} <= {2, 3}
    assert len(list(curves(figure, "prior"))) == len(list(curves(figure, "posterior"))) == len(names)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["prior", "posterior"]


def test_panels_hold_the_density_of_the_draws(leaderboard):
    figure = prior_posterior_figure(leaderboard)
    i = leaderboard.inputs.belief.free.index("g_price")
    values, places = zip(*panels(figure)[i][2].items(), strict=True)
    slope, first = np.polyfit(places, np.log(values), 1)  # what a reader takes from the ticks
    means, areas = {}, {}
    for kind in ("prior", "posterior"):
        x, height = list(curves(figure, kind))[i]
        area = np.diff(x) * (height[1:] + height[:-1]) / 2
        areas[kind], middle = area.sum(), (x[1:] + x[:-1]) / 2
        means[kind] = first + slope * (area * middle).sum() / area.sum()
    assert means["posterior"] == pytest.approx(np.log(leaderboard.posterior.draws()["g_price"]).mean(), abs=0.05)
    assert means["prior"] == pytest.approx(np.log(leaderboard.inputs.belief.quantile("g_price", 0.5)), abs=0.02)
    assert areas["posterior"] == pytest.approx(areas["prior"], rel=0.005)


def test_every_draw_is_in_a_panel_and_every_panel_in_its_place(leaderboard):
    found = parameter_panels(leaderboard)
    figure = prior_posterior_figure(leaderboard)
    draws = leaderboard.posterior.draws()
    for i, (panel, (x, _)) in enumerate(zip(found, curves(figure, "posterior"), strict=True)):
        assert (panel.posterior * np.diff(panel.edges)).sum() == pytest.approx(1)
        scale = leaderboard.inputs.belief.scales[leaderboard.inputs.belief.index(panel.name)]
        shares = np.histogram([scale.from_value(v) for v in draws[panel.name]], panel.edges, density=True)[0]
        np.testing.assert_allclose(panel.posterior, shares, atol=2 / len(draws[panel.name]) / np.diff(panel.edges)[0])
        assert i % 4 <= x.min() / (style.WIDTH / 4) < x.max() / (style.WIDTH / 4) <= i % 4 + 1


def test_without_evidence_only_the_prior_is_drawn_and_without_doubt_nothing(paper_literature, paper):
    figure = prior_posterior_figure(paper_literature)
    assert len(list(curves(figure, "prior"))) == len(paper_literature.inputs.belief.free) > 0
    assert not list(curves(figure, "posterior"))
    assert "the posterior is the prior" in figure.get_suptitle()
    empty = prior_posterior_figure(paper)
    assert not empty.axes
    assert "nothing to learn" in empty.texts[0].get_text()


def test_the_same_figure_gives_the_same_bytes(paper, tmp_path):
    for name in ("one.png", "two.png"):
        style.save(loss_figure(paper), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.png", "two.png"]


# The picture of the predictive checks


def test_checks_have_a_panel_each_with_units_and_the_records(leaderboard, tmp_path):
    checks = predictive_checks(leaderboard)
    entry = checks[0].benchmark
    figure = check_figure(checks)
    assert len(figure.axes) == len(checks) == 2
    for ax, check in zip(figure.axes, checks, strict=True):
        assert check.kind in ax.get_title(loc="left").lower()
        assert ax.get_xlabel() == "Year"
        assert ax.get_ylabel() == (f"{entry.title}\n(points)" if ax is figure.axes[0] else "")
        points = [(x, y) for drawn in ax.get_lines() for x, y in zip(drawn.get_xdata(), drawn.get_ydata(), strict=True)]
        assert sorted(points) == sorted((o.year, o.value) for o in check.rows)
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert shown == ["record seen, frontier", "record seen, followers", "50 % bar of replicates", "90 % bar"]
    file = write_checks(checks, tmp_path)
    assert file.name == "predictive_check.png"
    assert file.read_bytes().startswith(b"\x89PNG")


def test_scores_of_replicates_that_no_board_can_show_are_not_drawn(leaderboard):
    prior, posterior = predictive_checks(leaderboard)
    for shift in (-80, 80):
        beyond = dataclasses.replace(prior, replicates=prior.replicates + shift)
        low, high = check_figure([beyond, posterior]).axes[0].get_ylim()
        assert 0 <= low < high <= 100


def test_with_several_benchmarks_a_row_holds_prior_and_posterior_of_one(leaderboard):
    prior, posterior = predictive_checks(leaderboard)
    other = prior.benchmark.model_copy(update={"name": "other", "title": "Another", "unit": "index"})
    renamed = [dataclasses.replace(check, benchmark=other) for check in (prior, posterior)]
    figure = check_figure([prior, renamed[0], posterior, renamed[1]])  # in the order of predictive_checks
    titles = [ax.get_title(loc="left").split(":")[0] for ax in figure.axes]
    assert titles == ["Prior", "Posterior"] * 2
    assert [ax.get_ylabel() for ax in figure.axes] == ["MMLU-Pro\n(points)", "", "Another\n(index)", ""]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
