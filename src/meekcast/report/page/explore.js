"use strict";
/* Refit: the program behind the page samples the beliefs on the sliders, tells how far it is, and what came has a page. */
const LOOK_EVERY = 300; // milliseconds
const ENDED = "The program behind this page has ended: start meekcast explore again. What the page has of draws can still be asked.";

function refitting(page) {
  const button = at("refit"), bar = at("refit-progress"), status = at("refit-status");
  let busy = false;
  const tell = ({ working = false, step = "", share = null, error = "" }) => {
    busy = working;
    button.setAttribute("aria-disabled", String(working)); // one that is disabled would lose the keyboard's focus
    bar.hidden = !working;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    if (status.textContent !== (error || step)) status.textContent = error || step; // what is set is read aloud
    status.classList.toggle("warn", Boolean(error));
  };
  const ended = () => tell({ error: ENDED });
  const follow = async () => {
    const found = await look();
    tell(found);
    if (found.working) setTimeout(() => follow().catch(ended), LOOK_EVERY);
    else if (!found.error) location.assign(found.page);
  };
  const ask = async () => {
    if (busy) return;
    if (!isChanged(page)) return tell({ step: "These are the beliefs that the page was made with: move one first." });
    tell({ working: true, step: "asking" });
    keepQuestion(page);
    const answer = await fetch(location.pathname, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Meekcast-Token": button.dataset.token },
      body: JSON.stringify(priorTexts(page)),
    });
    if (answer.ok) await follow();
    else tell({ error: await answer.text() });
  };
  button.addEventListener("click", () => ask().catch(ended));
  takeQuestion(page);
  look().then((found) => found.working && follow()).catch(ended); // another refit may be on its way
}

const look = async () => (await fetch("/progress")).json();

/* The reader's question outlives the page. */
function keepQuestion({ state: { ask } }) {
  sessionStorage.setItem("question", JSON.stringify({ ...ask, quantity: ask.quantity.name }));
}

function takeQuestion(page) {
  const kept = JSON.parse(sessionStorage.getItem("question")), quantity = page.quantities.find((q) => q.name === kept?.quantity);
  if (quantity) page.state.ask = { ...kept, quantity };
}
