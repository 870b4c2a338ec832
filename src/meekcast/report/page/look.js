"use strict";
/* Look: bands and evidence of every board, lags of every follower, and past forecasts. */
function bandOf(page, quantity, from) {
  const { times } = quantity, b = LEVELS.map((p) => quantity.bands[String(p)]);
  const number = (x) => (x === null ? NaN : Number(x) * times);
  const rest = page.band_times.map((t, j) => ({ t, q: b.map((row) => number(row[j])) })).filter((d) => d.t >= (from ?? -Infinity) && !Number.isNaN(d.q[2]));
  if (!isChanged(page)) return { band: rest, rest: null };
  const now = draws.quantiles(page.draws, quantity.name, page.weighed.weights, LEVELS);
  const later = page.draws.times.map((t, j) => ({ t, q: now[j].map((x) => x * times) })).filter((d) => !Number.isNaN(d.q[2]));
  const join = Math.max(page.draws.times[0], from ?? -Infinity);
  return { band: [...rest.filter((d) => d.t < join), ...later.filter((d) => d.t >= join)], rest };
}

function lookView(page) {
  const boards = d3.groups(page.boards, (b) => b.name), place = at("look-boards"), zoom = { domain: lookDomain(page) };
  if (!boards.length) place.append(make("p", {}, "The card reads no board."));
  const figures = boards.map(([name, series]) => {
    const figure = make("div", { class: "chart" });
    place.append(make("figure", {}, make("figcaption", {}, series[0].title.split(",")[0]), figure));
    zoomable(figure, zoom, () => show(page));
    return { name, series, figure };
  });
  for (const id of ["look-what", "look-scale", "look-follower"]) at(id)?.addEventListener("change", () => show(page));
  at("look-reset").addEventListener("click", () => { zoom.domain = lookDomain(page); show(page); });
  for (const [id, factor] of [["look-in", 0.7], ["look-out", 1 / 0.7]]) at(id).addEventListener("click", () => { scaled(page, zoom, factor); show(page); });
  return () => {
    const follower = at("look-follower")?.value;
    for (const { name, series, figure } of figures) {
      const shown = series.filter((s) => !follower || s.follower === follower);
      figure.parentElement.hidden = !shown.length;
      if (shown.length) draw(figure, (width) => board(page, name, shown, width, zoom.domain));
    }
  };
}

const lookDomain = (page) => (page.calendar ? [page.band_times[0], Math.min(page.told.today + 5, page.end)] : [0, page.end]);

function scaled(page, zoom, factor, around) {
  const [a, b] = zoom.domain, middle = around ?? (a + b) / 2, first = page.band_times[0];
  const low = Math.max(first, middle - (middle - a) * factor), high = Math.min(page.end, middle + (b - middle) * factor);
  if (high - low > 0.25) zoom.domain = [low, high];
}

/* Dragging over a chart zooms into that span of time, a double click goes back; buttons do the same by keyboard. */
function zoomable(figure, zoom, changed) {
  let from = null;
  const share = (e) => {
    const box = figure.querySelector("svg").getBoundingClientRect();
    return Math.max(0, Math.min(1, (e.clientX - box.left - 46) / (box.width - 58)));
  };
  figure.addEventListener("pointerdown", (e) => { if (e.pointerType === "mouse") from = share(e); }, true); // before Plot's own, which ends there
  figure.addEventListener("dblclick", () => at("look-reset").click());
  figure.addEventListener("pointerup", (e) => {
    if (from === null) return;
    const ends = [from, share(e)].sort((a, b) => a - b), [a, b] = zoom.domain;
    from = null;
    if (ends[1] - ends[0] < 0.05) return;
    zoom.domain = ends.map((s) => a + s * (b - a));
    changed();
  });
}

function board(page, name, series, width, domain) {
  const what = at("look-what").value, log = at("look-scale").value === "log", of = (kind, follower) => page.quantities.find((q) => q.board === name && q.kind === kind && (!follower || q.follower === follower));
  const told = { label: `${series[0].title}, ${what}`, unit: series[0].unit, domain, until: Math.max(...series.map((s) => s.until)) };
  if (what === "scores") return scores(page, name, series, width, told, of);
  const shown = series.map((s) => ({ ...bandOf(page, of(what, s.follower), what === "seen" ? s.until : undefined), colour: page.colours[s.follower] }));
  const within = (t) => t >= domain[0] && t <= domain[1];
  const held = series.flatMap((s) => d3.zip(...s.gap).filter(([t]) => within(t)).map(([, gap]) => gap));
  const visible = [...held, ...shown.flatMap((s) => s.band.filter((d) => within(d.t)).map((d) => d.q[4]))];
  const y = log ? { type: "log", domain: [Math.max(...visible) / 200, Math.max(...visible)] } : { domain: [0, Math.max(...visible)] };
  const lift = (band) => band?.map((d) => ({ t: d.t, q: d.q.map((x) => Math.max(x, y.domain[0])) }));
  const lines = log ? shown.map((s) => ({ ...s, band: lift(s.band), rest: lift(s.rest) })) : shown;
  const steps = series.map((s) => ({ rows: [...d3.zip(...s.gap), [s.until, s.gap[1].at(-1)]].map(([t, g]) => [t, log ? Math.max(g, y.domain[0]) : g]) }));
  return charts.bands(width, page.told, { series: lines, steps, y, ...told });
}

function scores(page, name, series, width, told, of) {
  const level = bandOf(page, of("level")), source = Object.fromEntries(page.boards.map((b) => [b.name, b.source]));
  const colour = (actor) => (actor === "frontier" ? charts.FRONTIER : page.colours[actor]);
  const points = page.evidence.filter((r) => r.board === name).map((r) => ({ ...r, colour: colour(r.actor), source: source[name] }));
  const shown = points.map((p) => p.score), [low, high] = d3.extent(shown), room = 0.08 * (high - low || 1);
  const top = Math.max(high, ...level.band.filter((d) => d.t <= told.domain[1]).map((d) => d.q[3]));
  return charts.bands(width, page.told, { series: [{ ...level, colour: charts.FRONTIER }], points, y: { domain: [low - room, top + room] }, ...told });
}

function lagView(page) {
  const place = at("lag-charts"), lags = page.quantities.filter((q) => q.kind === "lag");
  const figures = lags.map((q) => {
    const figure = make("div", { class: "chart" });
    place.append(make("figure", {}, make("figcaption", {}, q.title), figure));
    return { q, figure };
  });
  const domain = page.calendar ? [page.band_times[0], Math.min(page.told.today + 6, page.end)] : [0, page.end];
  return () => {
    for (const { q, figure } of figures) {
      const found = bandOf(page, q), top = Math.max(...found.band.filter((d) => d.t <= domain[1] && d.t >= domain[0]).map((d) => Math.min(d.q[4], 4 * d.q[3])).filter(Number.isFinite));
      const until = page.boards.length ? Math.max(...page.boards.map((b) => b.until)) : null;
      draw(figure, (width) => charts.bands(width, page.told, { series: [{ ...found, colour: page.colours[q.follower] }], unit: q.unit, label: `${q.title}: ${q.words}`, domain, until, y: { domain: [0, top] } }));
    }
  };
}

/* Past forecasts against what came. */
function pastView(page) {
  const { past } = page;
  if (!past.length) return () => {};
  const horizons = [...new Set(past.map((r) => r.horizon))].sort((a, b) => a - b), select = at("past-horizon");
  for (const h of horizons) select.append(make("option", { value: h, selected: h === 0.5 || horizons.length === 1 }, `${Math.round(12 * h)} months ahead`));
  for (const id of ["past-horizon", "past-who"]) at(id).addEventListener("change", () => view());
  const chosen = yearOf(page.chosen_until), place = at("past-charts");
  const figures = d3.groups(past, (r) => `${r.benchmark} ${r.follower}`).map(([, rows]) => {
    const board = page.boards.find((b) => b.name === rows[0].benchmark && b.follower === rows[0].follower), figure = make("div", { class: "chart" });
    place.append(make("figure", {}, make("figcaption", {}, board?.title ?? rows[0].benchmark), figure));
    return { rows, figure, unit: board?.unit ?? "" };
  });
  const of = (r, who) => (who === "pool" ? r.pool : r);
  const view = () => {
    const who = at("past-who").value, horizon = Number(select.value);
    for (const { rows, figure, unit } of figures) {
      const shown = rows.filter((r) => r.horizon === horizon).map((r) => ({ t: yearOf(r.target_date), origin: r.origin, target: r.target_date, observed: r.observed, q: LEVELS.map((p) => of(r, who).quantiles[String(p)]) }));
      figure.parentElement.hidden = !shown.length;
      if (shown.length) draw(figure, (width) => charts.past(width, shown, { split: chosen + horizon, unit, label: `past forecasts of ${rows[0].benchmark}` }));
    }
    const pits = past.filter((r) => r.horizon === horizon).map((r) => of(r, who).pit);
    draw(at("past-pit"), (width) => charts.pit(width, pits));
    const held = d3.range(0, 1.01, 0.1).map((says) => ({ says, held: pits.filter((p) => Math.abs(p - 0.5) <= says / 2).length / pits.length }));
    draw(at("past-reliability"), (width) => charts.reliability(width, held));
  };
  return view;
}
