"use strict";
/* Stories side by side, what drives the answer, and what a decision loses. */
function storiesView(page) {
  const place = at("stories-body");
  if (page.stories.length < 2) return () => {};
  const of = (s, e) => s.events.find((o) => o.name === e.name);
  const shared = page.stories[0].events.filter((e) => page.stories.every((s) => of(s, e)));
  const year = askedYears(page.stories[0].events[0]).filter((y) => page.stories.every((s) => y in s.events[0].probability_by)).at(-1);
  if (!shared.length || year === undefined) {
    place.replaceChildren(make("p", {}, "The stories tell of no event by the same year."));
    return () => {};
  }
  const weights = page.stories.map(() => 1), chance = (s, e) => of(s, e).probability_by[year].value;
  const called = (s) => [`${s.title} (${s.card})`, s.priors !== page.stories[0].priors ? `priors ${s.priors}` : "", ...Object.entries(s.overrides).map(([n, p]) => `${n} = ${p}`)].filter(Boolean).join("; ");
  const sliders = page.stories.map((s, k) => {
    const input = make("input", { type: "range", min: 0, max: 1, step: 0.01, value: 1, "aria-label": `weight of ${called(s)}` });
    input.addEventListener("input", () => { weights[k] = input.valueAsNumber; show(page); });
    return make("th", { scope: "col", class: "words" }, called(s), input);
  });
  const cells = shared.map(() => make("td", { class: "mixed" }));
  const rows = shared.map((e, i) => make("tr", {}, make("th", { scope: "row" }, e.name), ...page.stories.map((s) => make("td", {}, percent(chance(s, e)))), cells[i]));
  const lagRow = page.stories.every((s) => s.lags?.[0]?.behind.now) ? [make("tr", {}, make("th", { scope: "row" }, "months behind now (median)"), ...page.stories.map((s) => make("td", {}, charts.short(Math.round(Number(s.lags[0].behind.now["0.5"]))))), make("td", {}, ""))] : [];
  place.replaceChildren(
    make("p", {}, `Probability by ${page.calendar ? `the end of ${year}` : `year ${year}`} under each story, and mixed with your weights:`),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "stories side by side" }, make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "event"), ...sliders, make("th", { scope: "col" }, "mixed"))), make("tbody", {}, ...rows, ...lagRow))),
  );
  return () => shared.forEach((e, i) => {
    const sum = d3.sum(weights), p = d3.sum(page.stories, (s, k) => (weights[k] / sum) * chance(s, e));
    cells[i].textContent = sum > 0 ? percent(p) : "no weight";
  });
}

function driversView(page) {
  const { drivers } = page;
  if (!drivers?.over_time) return () => {};
  const { years, shapley, unit } = drivers.over_time;
  const rows = Object.entries(shapley).flatMap(([group, s]) => years.map((year, j) => ({ group, year: page.calendar ? year - 1 : year, share: Math.max(0, s.value[j]) })));
  const table = drivers.measure_first.map((answer) => make("tr", {}, make("th", { scope: "row" }, answer.output), make("td", {}, answer.inputs.slice(0, 3).map((r) => `${r.input} (${percent(r.variance.value)})`).join(", "))));
  at("drivers-table").parentElement.hidden = false;
  at("drivers-table").replaceChildren(make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "answer"), make("th", { scope: "col" }, "measure first (expected fall of its variance)"))), make("tbody", {}, ...table));
  at("drivers-words").textContent = `What the variance of ${drivers.over_time.quantity} (${unit}) comes from, by the end of each year: Shapley shares.`;
  return () => draw(at("drivers-chart"), (width) => charts.shares(width, rows, "of the variance"));
}

function decisionView(page) {
  const { decision } = page, edges = [...decision.edges], actions = Object.entries(decision.actions).map(([name, losses]) => ({ name, losses: [...losses] }));
  const table = at("decision-table"), outputs = actions.map(() => make("td", { class: "mixed" }));
  const number = (value, label, changed) => {
    const input = make("input", { type: "number", step: "any", value, "aria-label": label });
    input.addEventListener("input", () => { if (Number.isFinite(input.valueAsNumber)) { changed(input.valueAsNumber); show(page); } });
    return input;
  };
  const outcomes = [...edges.map((_, k) => `outcome ${k + 1}`), "last outcome"];
  const heads = [
    ...edges.map((edge, k) => make("th", { scope: "col" }, k ? "then, before " : "before ", number(edge, `edge ${k + 1}: a year`, (x) => (edges[k] = x)))),
    make("th", { scope: "col" }, "later or never"), make("th", { scope: "col" }, "expected"),
  ];
  const rows = actions.map((action, k) => make("tr", {}, make("th", { scope: "row" }, action.name), ...action.losses.map((loss, j) => make("td", {}, number(loss, `loss of ${action.name}, ${outcomes[j]}`, (x) => (action.losses[j] = x)))), outputs[k]));
  table.replaceChildren(make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "action"), ...heads)), make("tbody", {}, ...rows));
  return () => {
    const { ask } = page.state, dated = ask.lasting === "on" ? { ...question(ask), lasting: "stays" } : question(ask);
    const found = draws.losses(draws.dates(page.draws, dated), page.weighed.weights, edges, actions.map((a) => a.losses)), best = d3.minIndex(found);
    const ordered = edges.every((edge, k) => !k || edge > edges[k - 1]);
    outputs.forEach((cell, k) => { cell.textContent = ordered ? charts.short(Math.round(found[k] * 100) / 100) : ""; cell.classList.toggle("best", ordered && k === best); });
    at("decision-words").textContent = ordered ? `Outcome: the date on which ${expression({ ...ask, lasting: dated.lasting }, page)} (your question above). Least is lost, on average, by “${actions[best].name}”.` : "The years of the edges do not increase: nothing is compared.";
  };
}
