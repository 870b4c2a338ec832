"use strict";
/* Pictures of a page: each takes what it shows and gives an SVG; nothing here knows of controls or weights. */
const charts = (() => {
  const FRONTIER = "var(--frontier)", BAND = 0.16, CORE = 0.3;
  const COLOURS = ["var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)"];

  const month = d3.utcFormat("%Y-%m");
  const atYear = (t) => new Date(Date.UTC(Math.floor(t), 0, 1) + (t - Math.floor(t)) * 365.25 * 864e5);
  const short = d3.format(".3~g");

  function frame(width, told, options) {
    const calendar = told.calendar, at = (t) => (calendar ? atYear(t) : t);
    const rules = calendar
      ? [
          Plot.ruleX([at(told.today)], { strokeDasharray: "2 3" }),
          Plot.text([at(told.today)], { x: (d) => d, text: () => "asked", frameAnchor: "top", dx: 3, textAnchor: "start", dy: -8 }),
        ]
      : [];
    if (told.until) {
      rules.push(Plot.ruleX([at(told.until)], { strokeOpacity: 0.5 }));
      rules.push(Plot.text([at(told.until)], { x: (d) => d, text: () => "data end", frameAnchor: "bottom", dx: -3, textAnchor: "end", dy: -3 }));
    }
    return Plot.plot({
      width, height: Math.max(200, Math.min(300, width * 0.6)), marginTop: 24, marginLeft: 46, marginRight: 12,
      style: { fontSize: "12px", overflow: "visible" }, ariaLabel: options.label,
      x: { label: calendar ? null : "years since both spent the same", domain: options.domain?.map(at), ...(calendar ? { type: "utc" } : {}) },
      y: { grid: true, label: options.unit, nice: true, ...options.y },
      marks: [...options.marks(at), ...rules],
    });
  }

  /* Bands: rows of {t, q} with q the 5, 25, 50, 75 and 95 % quantiles; `rest` are the same before beliefs changed. */
  function fan(at, band, colour, rest) {
    const x = (d) => at(d.t), clipped = { clip: true };
    return [
      Plot.areaY(band, { x, y1: (d) => d.q[0], y2: (d) => d.q[4], fill: colour, fillOpacity: BAND, ...clipped }),
      Plot.areaY(band, { x, y1: (d) => d.q[1], y2: (d) => d.q[3], fill: colour, fillOpacity: CORE, ...clipped }),
      Plot.lineY(band, { x, y: (d) => d.q[2], stroke: colour, strokeWidth: 2, ...clipped }),
      ...(rest ? [0, 2, 4].map((k) => Plot.lineY(rest, { x, y: (d) => d.q[k], stroke: "currentColor", strokeOpacity: 0.55, strokeDasharray: "3 3", ...clipped })) : []),
    ];
  }

  function bands(width, told, { series, points, steps, unit, label, domain, y, until }) {
    const marks = (at) => [
      ...series.flatMap((s) => fan(at, s.band, s.colour, s.rest)),
      ...(steps ?? []).map((s) => Plot.lineY(s.rows, { x: (d) => at(d[0]), y: (d) => d[1], curve: "step-after", stroke: "currentColor", strokeWidth: 1.2, clip: true })),
      ...(points ? [dots(at, points)] : []),
      Plot.tip(series[0].band, Plot.pointerX({ x: (d) => at(d.t), y: (d) => d.q[2], title: (d) => bandText(told, d, unit), preferredAnchor: "top-left" })),
    ];
    return frame(width, { ...told, until }, { marks, unit, label, domain, y });
  }

  function bandText(told, { t, q }, unit) {
    const when = told.calendar ? month(atYear(t)) : `year ${short(t)}`;
    return `${when}\n${short(q[2])} ${unit}\n50 %: ${short(q[1])} to ${short(q[3])}\n90 %: ${short(q[0])} to ${short(q[4])}`;
  }

  function dots(at, points) {
    return Plot.dot(points, {
      x: (d) => at(d.year), y: "score", fill: (d) => d.colour, stroke: "var(--paper)", strokeWidth: 0.8, r: 3.2, clip: true,
      channels: { model: "model", price: { value: (d) => (d.price === null ? "unknown" : `${short(d.price)} USD a million tokens`), label: "price" }, score: "score", actor: "actor", source: "source" },
      tip: { format: { x: (t) => d3.utcFormat("%Y-%m-%d")(t), y: false, fill: false, stroke: false } },
    });
  }

  /* Probability over time of a question, and what it is on the chosen date. */
  function curve(width, told, { rows, rest, date, chance, label }) {
    const marks = (at) => [
      ...(rest ? [Plot.lineY(rest, { x: (d) => at(d.t), y: "p", stroke: "currentColor", strokeOpacity: 0.55, strokeDasharray: "3 3" })] : []),
      Plot.areaY(rows, { x: (d) => at(d.t), y: "p", fill: FRONTIER, fillOpacity: 0.12 }),
      Plot.lineY(rows, { x: (d) => at(d.t), y: "p", stroke: FRONTIER, strokeWidth: 2.2 }),
      Plot.ruleX([at(date)], { stroke: FRONTIER }),
      Plot.dot([{ t: date, p: chance }], { x: (d) => at(d.t), y: "p", fill: FRONTIER, r: 5 }),
      Plot.tip(rows, Plot.pointerX({ x: (d) => at(d.t), y: "p", title: (d) => `${told.calendar ? month(atYear(d.t)) : short(d.t)}: ${d3.format(".0%")(d.p)}` })),
    ];
    return frame(width, told, { marks, unit: "probability", label, y: { domain: [0, 1], tickFormat: "%", nice: false } });
  }

  /* Thresholds against dates: a table, so that every number can be read by all. */
  function exceedance(cells, label) {
    const rows = d3.groups(cells, (c) => c.threshold), head = rows[0][1].map((c) => make("th", { scope: "col" }, c.date));
    const shade = (p) => `background: color-mix(in oklab, var(--frontier) ${Math.round(55 * p)}%, var(--paper))`;
    const body = rows.map(([threshold, row]) => make("tr", {}, make("th", { scope: "row" }, threshold), ...row.map((c) => make("td", { style: shade(c.p) }, c.text))));
    const made = make("table", { class: "grid" }, make("thead", {}, make("tr", {}, make("td"), ...head)), make("tbody", {}, ...body));
    return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, made);
  }

  /* Shares of the variance over time, one above the other. */
  function shares(width, rows, unit) {
    return Plot.plot({
      width, height: 300, marginLeft: 46, style: { fontSize: "12px" }, ariaLabel: "shares of the variance over time",
      x: { label: null, tickFormat: "d" }, y: { label: "share of the variance", tickFormat: "%", grid: true },
      color: { legend: true, range: [FRONTIER, ...COLOURS, "var(--c5)", "var(--quiet)"], domain: [...new Set(rows.map((r) => r.group))] },
      marks: [
        Plot.areaY(rows, Plot.stackY({ x: "year", y: "share", z: "group", fill: "group", fillOpacity: 0.8 })),
        Plot.tip(rows, Plot.pointerX(Plot.stackY({ x: "year", y: "share", z: "group", title: (d) => `${d.group}, ${d.year}: ${d3.format(".0%")(d.share)} ${unit}` }))),
      ],
    });
  }

  /* Past forecasts as intervals, and what came. */
  function past(width, rows, { split, unit, label }) {
    const x = (d) => atYear(d.t), inside = (d) => d.observed >= d.q[0] && d.observed <= d.q[4];
    return Plot.plot({
      width, height: 220, marginTop: 22, marginLeft: 46, ariaLabel: label, style: { fontSize: "12px" },
      x: { type: "utc", label: null }, y: { label: unit, grid: true, nice: true },
      marks: [
        Plot.ruleX([atYear(split)], { strokeOpacity: 0.6 }),
        Plot.text([atYear(split)], { x: (d) => d, text: () => "proof →", frameAnchor: "top", textAnchor: "start", dx: 3, dy: -8 }),
        Plot.ruleX(rows, { x, y1: (d) => d.q[0], y2: (d) => d.q[4], stroke: FRONTIER, strokeOpacity: 0.35, strokeWidth: 4 }),
        Plot.ruleX(rows, { x, y1: (d) => d.q[1], y2: (d) => d.q[3], stroke: FRONTIER, strokeOpacity: 0.6, strokeWidth: 4 }),
        Plot.dot(rows, { x, y: (d) => d.q[2], stroke: FRONTIER, r: 1.5 }),
        Plot.dot(rows, {
          x, y: "observed", fill: (d) => (inside(d) ? "currentColor" : "var(--c1)"), symbol: (d) => (inside(d) ? "circle" : "times"),
          stroke: (d) => (inside(d) ? "none" : "var(--c1)"), r: 3.5,
          tip: true, title: (d) => `forecast of ${d.origin} for ${d.target}\ncame: ${short(d.observed)}\n90 %: ${short(d.q[0])} to ${short(d.q[4])}`,
        }),
      ],
    });
  }

  function pit(width, values) {
    return Plot.plot({
      width, height: 220, ariaLabel: "histogram of the probability integral transform", style: { fontSize: "12px" },
      x: { label: "where in its forecast the gap came to lie (PIT)", domain: [0, 1] }, y: { label: "forecasts", grid: true },
      marks: [
        Plot.rectY(values, Plot.binX({ y: "count" }, { x: (d) => d, thresholds: d3.range(0, 1.001, 0.1), fill: FRONTIER, fillOpacity: 0.6 })),
        Plot.ruleY([values.length / 10], { strokeDasharray: "3 3" }),
      ],
    });
  }

  function reliability(width, rows) {
    return Plot.plot({
      width, height: 220, ariaLabel: "share of gaps inside central intervals, against what the intervals say", style: { fontSize: "12px" },
      x: { label: "interval says", tickFormat: "%", domain: [0, 1] }, y: { label: "gaps inside", tickFormat: "%", grid: true, domain: [0, 1] },
      marks: [
        Plot.line([[0, 0], [1, 1]], { strokeDasharray: "3 3", strokeOpacity: 0.6 }),
        Plot.line(rows, { x: "says", y: "held", stroke: FRONTIER, strokeWidth: 2, marker: "circle" }),
      ],
    });
  }

  return { bands, curve, exceedance, shares, past, pit, reliability, atYear, month, short, FRONTIER, COLOURS };
})();
