/**
 * The functions of a page that show a delivery. They set only the text of elements, so a webhook can never inject HTML.
 */
export const DELIVERY_SCRIPT = `
"use strict";
const MARK = { ok: "✓", wrong: "✗", unknown: "?" };
function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function stepOf(step) {
  const item = element("li", "step " + step.outcome);
  const cited = step.outcome === "wrong" ? " (" + step.requirements.join(", ") + ")" : "";
  const mark = element("span", "mark", MARK[step.outcome]);
  mark.title = step.outcome;
  item.append(mark, element("span", "name", step.step.replace("_", " ")), element("span", "says", step.says + cited));
  return item;
}

function problemsOf(problems) {
  const items = element("ul", "problems");
  for (const problem of problems) {
    const item = element("li");
    const cited = problem.requirement ? " (" + problem.requirement + ")" : "";
    item.append(element("code", "", problem.pointer || "(body)"), " " + problem.message + cited);
    items.append(item);
  }
  return items;
}

function causesOf(diagnosis) {
  if (diagnosis.verdict === "unknown") {
    const cause = element("div", "cause");
    cause.append(element("p", "", diagnosis.explanation));
    for (const line of diagnosis.compare) cause.append(element("p", "", line));
    return [cause];
  }
  return (diagnosis.mistakes || []).map((mistake) => {
    const cause = element("div", "cause");
    cause.append(element("strong", "", mistake.title), element("p", "", mistake.explanation));
    for (const [name, line] of Object.entries(mistake.fix)) {
      if (name !== "line") cause.append(element("span", "name", name));
      cause.append(element("pre", "", line));
    }
    return cause;
  });
}

function deliveryOf(each) {
  const made = element("details", each.good ? "good" : "wrong");
  made.open = !each.good;
  made.id = "delivery-" + each.number;
  const summary = element("summary");
  const types = [...new Set(each.eventTypes)].join(", ") || "delivery";
  const again = each.attempt > 1 ? " · attempt " + each.attempt : "";
  summary.append(
    element("span", "verdict", (each.good ? "✓ valid" : "✗ wrong") + " "),
    types + " ",
    element("span", "meta", "#" + each.number + " · " + each.receivedAt.slice(11, 19) + " · " + (each.webhookId || "no webhook-id") + again + " · answer " + each.answered),
  );
  const inside = element("div", "inside");
  const steps = element("ul");
  for (const step of each.steps) {
    steps.append(stepOf(step));
    if (step.step === "event" && step.outcome === "wrong" && each.problems.length > 0) steps.append(problemsOf(each.problems));
  }
  inside.append(steps);
  if (each.diagnosis && each.diagnosis.verdict !== "valid") inside.append(element("h2", "", "Cause and fix"), ...causesOf(each.diagnosis));
  const headers = Object.entries(each.headers).map(([name, value]) => name + ": " + value).join("\\n");
  inside.append(element("h2", "", "Headers"), element("pre", "", headers), element("h2", "", "Body, " + each.bytes + " bytes"), element("pre", "", each.body));
  made.append(summary, inside);
  return made;
}
`;

/** The script of the page of `listen`. */
export const PAGE_SCRIPT = `${DELIVERY_SCRIPT}
const seen = new Set();
const list = document.getElementById("deliveries");
const state = document.getElementById("state");
let good = 0;

const source = new EventSource("stream");
source.onopen = () => { state.textContent = count(); };
source.onerror = () => { state.textContent = "Disconnected. Received deliveries are still shown."; };
function count() {
  return seen.size === 0 ? "Listening." : seen.size + (seen.size === 1 ? " delivery, " : " deliveries, ") + good + " valid.";
}
const hide = document.getElementById("hide");
// The server sends earlier deliveries again after a reload, so the page remembers which ones are hidden.
let hiddenUpTo = Number(sessionStorage.getItem("hiddenUpTo")) || 0;
hide.onclick = () => {
  hiddenUpTo = Math.max(hiddenUpTo, ...seen);
  sessionStorage.setItem("hiddenUpTo", String(hiddenUpTo));
  seen.clear();
  good = 0;
  list.replaceChildren();
  hide.hidden = true;
  document.getElementById("empty").hidden = false;
  state.textContent = count();
};
source.onmessage = ({ data }) => {
  const each = JSON.parse(data);
  if (seen.has(each.number) || each.number <= hiddenUpTo) return;
  hide.hidden = false;
  seen.add(each.number);
  if (each.good) good += 1;
  document.getElementById("empty").hidden = true;
  list.prepend(deliveryOf(each));
  state.textContent = count();
};
`;
