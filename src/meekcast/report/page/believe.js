"use strict";
/* Disagree: what a reader believes otherwise, what it leaves of the draws, and the command that samples it. */
function disagree(page) {
  const place = at("beliefs"), rows = page.beliefs.map((b) => beliefRow(page, b));
  place.append(...rows.map((r) => r.row));
  const again = () => {
    page.weighed = isChanged(page) ? draws.weigh(page.draws, page.beliefs, page.state.changed) : { weights: page.equal, effective: page.draws.n };
    told(page);
    show(page);
  };
  page.believe = (name, changed) => {
    if (changed) page.state.changed[name] = changed;
    else delete page.state.changed[name];
    rows.forEach((r) => r.set());
    again();
  };
  at("beliefs-reset").addEventListener("click", () => {
    page.state.changed = {};
    rows.forEach((r) => r.set());
    again();
  });
  at("beliefs-copy").addEventListener("click", () => copy(at("beliefs-command"), at("beliefs-copy")));
  told(page);
}

function beliefRow(page, belief) {
  const id = `belief-${belief.name}`, current = () => page.state.changed[belief.name] ?? belief;
  const reach = belief.sd * 3, slider = (part, min, max, label) => make("input", { type: "range", id: `${id}-${part}`, min, max, step: (max - min) / 400, "aria-label": label });
  const median = slider("median", belief.mean - reach, belief.mean + reach, `median of ${belief.name}`);
  const width = slider("width", 0.05, 1.5, `width of ${belief.name}, as a share of the prior's`);
  const number = make("input", { type: "number", id: `${id}-number`, step: "any", "aria-label": `median of ${belief.name}, as a number` });
  const words = make("output", { class: "interval", for: `${median.id} ${width.id}` });
  const believe = (part) => page.believe(belief.name, { mean: current().mean, sd: current().sd, ...part });
  median.addEventListener("input", () => believe({ mean: median.valueAsNumber }));
  width.addEventListener("input", () => believe({ sd: width.valueAsNumber * belief.sd }));
  number.addEventListener("change", () => {
    const mean = draws.position(belief, number.valueAsNumber);
    if (Number.isFinite(mean)) believe({ mean });
    else set();
  });
  const set = () => {
    const { mean, sd } = current(), value = (z) => charts.short(draws.value(belief, mean + z * sd));
    median.value = mean;
    width.value = sd / belief.sd;
    number.value = Number(draws.value(belief, mean).toPrecision(4));
    median.setAttribute("aria-valuetext", `${number.value} ${belief.unit}`);
    width.setAttribute("aria-valuetext", `${Math.round((100 * sd) / belief.sd)} % of the prior's width`);
    words.textContent = `90 %: ${value(-1.645)} to ${value(1.645)}`;
    row.classList.toggle("changed", Boolean(page.state.changed[belief.name]));
  };
  const row = make("div", { class: "belief", role: "group", "aria-label": belief.name },
    make("div", { class: "name" }, make("strong", {}, belief.name), make("span", {}, `${belief.meaning} (${belief.unit})`), make("small", {}, `prior: ${belief.source}`)),
    make("label", {}, "median ", number, median), make("label", {}, "width ", width), words);
  set();
  return { row, set };
}

/* What the reader's beliefs leave, in words, and the command that samples them. */
function told(page) {
  const effective = Math.round(page.weighed.effective), enough = page.weighed.effective >= Math.min(FEWEST, page.draws.n);
  const status = at("beliefs-status");
  status.textContent = !isChanged(page)
    ? `All ${page.draws.n} draws count alike: these are the beliefs of the forecast.`
    : enough
      ? `${effective} effective draws of ${page.draws.n}: everything on this page is weighed for your beliefs; dashed is the card as it was.`
      : `Only ${effective} effective draws of ${page.draws.n} are left, fewer than ${FEWEST}: too few to tell. Nothing on the page has moved; widen your belief, or sample it with ${at("refit") ? "Refit" : "the command"} below.`;
  status.classList.toggle("warn", !enough);
  at("beliefs-command").textContent = `meekcast forecast ${page.summary.card} ${priorOptions(page)}${page.asked} --exact`;
  at("bar").hidden = !isChanged(page);
  at("bar-words").textContent = enough ? `your beliefs: ${effective} effective draws` : `your beliefs: too few draws (${effective})`;
}
