"use strict";
/* Ask: a question, its probability over time, and its thresholds against dates. */
function askView(page) {
  const { state } = page, controls = askControls(page);
  return () => {
    const { ask } = state, asked = question(ask), weights = page.weighed.weights;
    const by = curveDates(page), chance = draws.chances(page.draws, asked, weights, [ask.date])[0];
    const line = (w) => draws.chances(page.draws, asked, w, by).map((p, j) => ({ t: by[j], p }));
    at("ask-chance").textContent = percent(chance);
    at("ask-error").textContent = page.summary.point ? "" : `± ${charts.short(100 * Math.sqrt((chance * (1 - chance)) / page.weighed.effective))} points (Monte Carlo error of the ${page.draws.n} draws in this page)`;
    at("ask-words").textContent = askWords(page);
    at("ask-median").textContent = ask.lasting === "on" || page.summary.point ? "" : medianWords(page, asked);
    at("ask-command").textContent = commandLine(page);
    const rest = isChanged(page) ? line(page.equal) : null;
    draw(at("ask-curve"), (width) => charts.curve(width, page.told, { rows: line(weights), rest, date: ask.date, chance, label: askWords(page) }));
    controls();
  };
}

function curveDates(page) {
  const first = Math.max(page.draws.times[0], page.calendar ? page.told.today - 0.25 : 0);
  return d3.range(60).map((k) => first + (k / 59) * (page.end - first));
}

function askWords(page) {
  const { quantity, threshold, below, lasting, date } = page.state.ask;
  const held = `${phrase(quantity)} is ${below ? "below" : "above"} ${charts.short(threshold)} ${quantity.unit}`;
  const when = yearWords(page, date);
  return {
    stays: `Probability that by ${when} ${held}, and stays so`,
    half: `Probability that by ${when} ${held} for half a year`,
    first: `Probability that by ${when} ${held} for the first time`,
    on: `Probability that at ${when} ${held}`,
  }[lasting];
}

/* What a quantity is called in a sentence. */
function phrase({ kind, title, words }) {
  return { seen: `the gap that ${title} shows`, true: `the true gap on ${title}`, lag: `the lag of ${title}` }[kind] ?? words;
}

function medianWords(page, asked) {
  const found = draws.dateQuantiles(draws.dates(page.draws, asked), page.weighed.weights, [0.05, 0.5, 0.95]);
  const [low, median, high] = found.map((t) => dateWords(page, t));
  return `Median date ${median}; 90 % interval ${low} to ${high}.`;
}

function askControls(page) {
  const { state } = page, changed = (part) => { Object.assign(state.ask, part); show(page); };
  const kinds = { seen: "the gap that the board shows", true: "the true gap", lag: "months behind", loss: "loss gap", other: "other" };
  const shown = page.quantities.filter((q) => q.kind !== "level");
  const select = at("ask-quantity"), several = page.summary.followers.length > 1;
  for (const [kind, words] of Object.entries(kinds)) {
    const of = shown.filter((q) => q.kind === kind);
    if (!of.length) continue;
    const options = of.map((q) => make("option", { value: q.name }, (kind === "lag" || kind === "loss") && !several ? `${words}, ${q.title}` : q.title ? `${q.title}: ${words}` : q.words));
    select.append(make("optgroup", { label: words }, ...options));
  }
  select.addEventListener("change", () => {
    const { lasting } = state.ask;
    changed({ ...defaults(page, shown.find((q) => q.name === select.value)), lasting });
  });
  at("ask-below").addEventListener("change", (e) => changed({ below: e.target.value === "below" }));
  at("ask-lasting").addEventListener("change", (e) => changed({ lasting: e.target.value }));
  for (const id of ["ask-threshold", "ask-number"]) at(id).addEventListener("input", (e) => Number.isFinite(e.target.valueAsNumber) && changed({ threshold: e.target.valueAsNumber }));
  at("ask-date").addEventListener("input", (e) => changed({ date: dateOf(page, e.target.valueAsNumber) }));
  at("ask-copy").addEventListener("click", () => copy(at("ask-command"), at("ask-copy")));
  return () => setAsked(page, select);
}

/* Where the controls stand. */
function setAsked(page, select) {
  const { ask } = page.state, [slider, number, date] = ["ask-threshold", "ask-number", "ask-date"].map(at);
  select.value = ask.quantity.name;
  at("ask-below").value = ask.below ? "below" : "above";
  at("ask-lasting").value = ask.lasting;
  if (slider.dataset.of !== ask.quantity.name || ask.threshold > Number(slider.max)) reach(page, slider);
  slider.value = ask.threshold;
  slider.setAttribute("aria-valuetext", `${charts.short(ask.threshold)} ${ask.quantity.unit}`);
  if (document.activeElement !== number) number.value = ask.threshold;
  at("ask-unit").textContent = ask.quantity.unit;
  Object.assign(date, { min: 0, max: Math.round(12 * (page.end - firstDate(page))), step: 1 });
  date.value = Math.round(12 * (ask.date - firstDate(page)));
  date.setAttribute("aria-valuetext", yearWords(page, ask.date));
  at("ask-date-words").textContent = yearWords(page, ask.date);
}

/* The slider of thresholds covers what is likely in the years ahead; its end stays where it is while a hand moves it. */
function reach(page, slider) {
  const { quantity, threshold } = page.state.ask, near = (t) => t >= page.told.today && t < page.told.today + 4;
  const ahead = quantity.bands["0.95"].filter((x, j) => x !== null && near(page.band_times[j])).map(Number).filter(Number.isFinite);
  const most = Math.max(rounded(quantity.times * Math.max(...ahead, 0)), 1.5 * threshold);
  Object.assign(slider, { min: 0, max: most, step: d3.tickStep(0, most, 300) });
  slider.dataset.of = quantity.name;
}

const firstDate = (page) => (page.calendar ? Math.ceil(12 * page.told.today) / 12 : 0);

function dateOf(page, months) {
  const t = firstDate(page) + months / 12;
  return Math.abs(t - Math.round(t)) < 1e-6 ? Math.round(t) : Math.min(t, page.end);
}

async function copy(from, button) {
  const text = from.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(from);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
  const before = button.textContent;
  button.textContent = "copied";
  setTimeout(() => (button.textContent = before), 1500);
}

/* Thresholds against dates. */
function gridView(page) {
  const state = { cells: [] };
  at("grid-csv").addEventListener("click", () => save(`${page.summary.card}-${page.state.ask.quantity.name}.csv`, csv(page, state.cells)));
  return () => {
    const { ask } = page.state, dates = gridDates(page), of = ask.quantity.times;
    const thresholds = gridThresholds(page, ask);
    state.cells = thresholds.flatMap((threshold) => {
      const asked = { ...question(ask), threshold: threshold / of };
      return draws.chances(page.draws, asked, page.weighed.weights, dates).map((p, j) => ({ threshold: `${ask.below ? "<" : ">"} ${charts.short(threshold)}`, value: threshold, date: gridWords(page, dates[j]), p, text: percent(p) }));
    });
    at("grid-words").textContent = `${phrase(ask.quantity)}, in ${ask.quantity.unit}: probability ${ask.lasting === "on" ? "at the end of" : "by the end of"} each year (${{ stays: "and it stays so", half: "for half a year", first: "for the first time", on: "on that date" }[ask.lasting]})`;
    draw(at("grid"), () => charts.exceedance(state.cells, at("grid-words").textContent));
  };
}

function gridDates(page) {
  if (!page.calendar) return d3.ticks(0, page.end, 6).filter((t) => t > 0);
  const first = Math.ceil(page.told.today), years = d3.range(first, page.end + 1);
  return years.length > 7 ? [...years.slice(0, 5), ...years.slice(5).filter((y) => (y - 1) % 5 === 0)] : years;
}

const gridWords = (page, t) => (page.calendar ? String(t - 1) : `${charts.short(t)}`);

function gridThresholds(page, ask) {
  const shares = [0.25, 0.5, 1, 1.5, 2.5];
  return [...new Set([ask.threshold, ...shares.map((s) => rounded(s * ask.threshold))])].sort((a, b) => a - b);
}

function csv(page, cells) {
  const rows = cells.map((c) => [page.state.ask.quantity.name, page.state.ask.below ? "below" : "above", c.value, page.state.ask.quantity.unit, page.state.ask.lasting, c.date, c.p]);
  return [["quantity", "side", "threshold", "unit", "lasting", "date", "probability"], ...rows].map((r) => r.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/* No text is a formula of a spreadsheet, as in export/table_text.py. */
function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(name, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
