"use strict";
/* The page: one state, and one way to show it. */
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];
const FEWEST = 100; // effective draws below which nothing is said: its error would be five points and more

async function start(found) {
  const page = { ...found, ...pieces(found) };
  page.draws = await draws.unpack(found.draws, found.times);
  page.equal = new Float64Array(page.draws.n).fill(1 / page.draws.n);
  page.state = firstState(page);
  page.weighed = { weights: page.equal, effective: page.draws.n };
  page.views = [answerView, askView, gridView, lookView, lagView, storiesView, decisionView].map((view) => view(page));
  page.fixed = [driversView, pastView].map((view) => view(page)); // no belief moves them
  disagree(page);
  if (at("refit")) refitting(page);
  const all = () => { show(page); page.fixed.forEach((view) => view()); };
  new ResizeObserver(all).observe(document.querySelector("main")); // observing also draws for the first time
  window.page = page;
  document.documentElement.dataset.ready = "yes";
}

function pieces({ summary }) {
  const calendar = summary.clock === "calendar";
  const told = { calendar, today: calendar ? yearOf(summary.today) : 0 };
  const end = summary.horizon + (calendar ? 1 : 0);
  return { calendar, told, end, colours: Object.fromEntries(summary.followers.map((f, i) => [f.name, charts.COLOURS[i % 4]])) };
}

function yearOf(date) {
  const [y, m, d] = date.split("-").map(Number), first = Date.UTC(y, 0, 1);
  return y + (Date.UTC(y, m - 1, d) - first) / (Date.UTC(y + 1, 0, 1) - first);
}

/* The page opens with the card's first event, where that is a question of the page's kind. */
function firstState(page) {
  const told = /^(\w+) ([<>]) (\S+)(?: [^ ]+)??( for 6 months| first)?$/.exec(page.summary.events[0].expression);
  const quantity = told && page.quantities.find((q) => q.name === told[1] && q.kind !== "level");
  const ask = defaults(page, quantity || page.quantities.find((q) => q.kind !== "level"));
  const lasting = { " for 6 months": "half", " first": "first" }[told?.[4]] ?? "stays";
  const exact = quantity ? { threshold: Number(told[3]) * quantity.times, below: told[2] === "<", lasting } : { lasting };
  return { ask: { ...ask, ...exact }, changed: {} };
}

/* A threshold that tells something, as a round number: near today's value, or, where a card begins with none, its value
   on the first date of the card's events; and the second of these dates. */
function defaults(page, quantity) {
  const years = askedYears(page.summary.events[0]), date = years.at(-1) ?? page.summary.horizon; // a near horizon leaves one, or none
  const near = page.calendar ? page.told.today : years[0] ?? date, j = page.draws.times.findIndex((t) => t >= near);
  const median = medianNow(page, quantity, Math.max(j, 0));
  return { quantity, threshold: rounded(0.75 * median), below: true, date: page.calendar ? date + 1 : date };
}

/* The first two dates for which an event is told, as numbers. */
const askedYears = (event) => Object.keys(event.probability_by).slice(0, 2).map(Number);

function medianNow(page, quantity, j) {
  return quantity.times * draws.quantiles(page.draws, quantity.name, page.equal, [0.5])[j][0];
}

function rounded(x) {
  if (!Number.isFinite(x) || x === 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(Math.abs(x)));
  return Number((Math.round((2 * x) / unit) / 2 * unit).toPrecision(6));
}

/* Everything that depends on the state, drawn again; nothing where the reader's beliefs leave too few draws. */
function show(page) {
  const began = performance.now();
  const enough = page.weighed.effective >= Math.min(FEWEST, page.draws.n);
  document.body.classList.toggle("refused", !enough);
  if (enough) for (const view of page.views) view();
  page.took = performance.now() - began;
}

const isChanged = (page) => Object.keys(page.state.changed).length > 0;
const at = (id) => document.getElementById(id);

function make(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...inside);
  return made;
}

/* Charts far from what can be seen wait until they can be, so that a slider moves the others at once. */
const waiting = new Map();
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    target.far = !isIntersecting;
    if (isIntersecting) drawNow(target);
  }
}, { rootMargin: "200px" });
window.addEventListener("beforeprint", () => [...waiting.keys()].forEach(drawNow));

/* A chart in its place, as wide as there is room. */
function draw(place, chart) {
  waiting.set(place, chart);
  place.setAttribute("aria-busy", "true"); // what it shows until then is of before
  if (place.far === undefined) watcher.observe(place);
  if (!place.far) drawNow(place);
}

function drawNow(place) {
  const chart = waiting.get(place);
  if (!chart) return;
  waiting.delete(place);
  const made = chart(Math.max(260, place.clientWidth)), told = made.closest("svg") ?? made.querySelector("svg[aria-label]");
  if (told) { // a picture: its parts have labels that no reader is helped by
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", told.getAttribute("aria-label"));
    made.setAttribute("aria-hidden", "true");
  }
  place.replaceChildren(made);
  place.removeAttribute("aria-busy");
}

function percent(p) {
  return p < 0.01 ? "<1\u00a0%" : p > 0.99 ? ">99\u00a0%" : `${Math.round(100 * p)}\u00a0%`;
}

function dateWords(page, t) {
  if (!Number.isFinite(t) || t > page.end) return page.calendar ? `not by ${page.summary.horizon}` : `not by year ${page.end}`;
  return page.calendar ? charts.month(charts.atYear(t)) : `year ${charts.short(t)}`;
}

function yearWords(page, t) {
  if (!page.calendar) return `year ${charts.short(t)}`;
  return Number.isInteger(t) ? `the end of ${t - 1}` : charts.month(charts.atYear(t));
}

/* The question as the program reads it. */
function expression({ quantity, threshold, below, lasting, date }, page) {
  const unit = quantity.unit === "months" ? "years" : quantity.unit, x = Number((threshold / quantity.times).toPrecision(6));
  const asked = `${quantity.name} ${below ? "<" : ">"} ${x} ${unit}`;
  if (lasting === "on") return `${asked} at ${dateArgument(page, date)}`;
  return asked + { stays: "", half: " for 6 months", first: " first" }[lasting];
}

function dateArgument(page, t) {
  if (!page.calendar) return charts.short(t);
  return Number.isInteger(t) ? String(t - 1) : d3.utcFormat("%Y-%m-%d")(charts.atYear(t));
}

/* The reader's beliefs as the program reads them, by name. */
function priorTexts({ beliefs, state: { changed } }) {
  return Object.fromEntries(beliefs.filter((b) => changed[b.name]).map((b) => {
    const now = changed[b.name], family = { log: "LogNormal", logit: "LogitNormal", identity: "Normal" }[b.scale];
    const within = b.scale === "logit" ? `, within ${b.low}..${b.high}` : "";
    return [b.name, `${family}(${Number(draws.value(b, now.mean).toPrecision(4))}, sd ${Number(now.sd.toPrecision(3))}${within})`];
  }));
}

/* Options that say what is believed: what the run was asked with, unless the reader says otherwise, and what the reader says. */
function priorOptions(page) {
  const told = Object.entries({ ...page.summary.overrides, ...priorTexts(page) });
  return [`--priors ${page.summary.priors}`, ...told.map(([name, prior]) => `--prior '${name}=${prior}'`)].join(" ");
}

function commandLine(page) {
  const { ask } = page.state, by = ask.lasting === "on" ? "" : ` --by ${dateArgument(page, ask.date)}`;
  return `meekcast when '${expression(ask, page)}'${by} --card ${page.summary.card} ${priorOptions(page)}${page.asked}`;
}

function question(ask) {
  return { name: ask.quantity.name, threshold: ask.threshold / ask.quantity.times, below: ask.below, lasting: ask.lasting };
}

/* Answer: lags and the card's own events, as the reader's beliefs have them. */
function answerView(page) {
  const place = at("answer-changed");
  return () => {
    place.hidden = !isChanged(page);
    if (place.hidden) return;
    const dates = lagDates(page), lags = page.quantities.filter((q) => q.kind === "lag");
    const years = askedYears(page.summary.events[0]);
    place.replaceChildren(
      make("p", {}, make("strong", {}, "With your beliefs")),
      ...(lags.length ? [table([`${lags[0].unit} behind the frontier`, ...dates.map((t) => yearWords(page, t))], lags.map((q) => lagRow(page, q, dates)))] : []),
      table(["event", "median", "90 % interval", ...years.map((y) => `P(by ${y})`)], page.summary.events.map((e) => eventRow(page, e.name, years))),
      make("p", {}, make("strong", {}, "As the card has it")),
    );
  };
}

function lagRow(page, quantity, dates) {
  const found = draws.quantiles(page.draws, quantity.name, page.weighed.weights, LEVELS);
  return [quantity.title, ...dates.map((t) => quantileWords(found[nearest(page.draws.times, t)], quantity))];
}

function eventRow(page, name, years) {
  const { weights } = page.weighed, when = page.draws.events[name], by = (y) => y + (page.calendar ? 1 : 0);
  const [low, median, high] = draws.dateQuantiles(when, weights, [0.05, 0.5, 0.95]).map((t) => dateWords(page, t));
  const happened = (y) => (i) => (page.calendar ? when[i] < by(y) : when[i] <= by(y)); // as in the program
  return [name, median, `${low} – ${high}`, ...years.map((y) => percent(draws.share(weights, happened(y))))];
}

/* A table of words; the first cell of a row is its head. */
function table(head, rows) {
  const cells = (row) => row.map((cell, k) => make(k ? "td" : "th", k ? {} : { scope: "row" }, cell));
  const body = make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row))));
  const made = make("table", {}, make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col" }, h)))), body);
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${head[0]}, with your beliefs` }, made);
}

/* The dates of the summary's lags: now, and the ends of some years. */
function lagDates(page) {
  const told = Object.keys(page.summary.lags?.[0]?.behind ?? {});
  if (!told.length) return [page.end / 3, page.end];
  return told.map((date) => (date === "now" ? page.told.today : Number(date.replace("end of ", "")) + 1));
}

function nearest(times, t) {
  return times.reduce((best, x, j) => (Math.abs(x - t) < Math.abs(times[best] - t) ? j : best), 0);
}

function quantileWords(q, quantity) {
  const [low, , median, , high] = q.map((x) => charts.short(Math.round(x * quantity.times * 10) / 10));
  return `${median} [${low}, ${high}]`;
}
