import { DELIVERY_SCRIPT } from "../listen/live-page-script.ts";

/** The script of the page of `dev`. Like that of `listen`, it sets only the text of elements. */
export const BENCH_SCRIPT = `${DELIVERY_SCRIPT}
const byId = (id) => document.getElementById(id);
const SIGNS = { pass: "✓", fail: "✗", warn: "!", waiting: "…", not_applicable: "–", not_live: "·", error: "?" };
const WORDS = { pass: "passes", fail: "fails", warn: "warning", waiting: "waiting for traffic", not_applicable: "does not apply", not_live: "judged only by run", error: "the check failed" };
const list = byId("deliveries");
let rows = [];
let open = null;
let canForward = false;
const shown = new Map();

async function act(action, body = {}) {
  const answer = await fetch(action, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }).catch(() => null);
  const text = answer ? await answer.text() : "The bench does not answer. Is it still running?";
  const told = byId("told");
  told.textContent = text;
  told.className = answer && answer.ok ? "" : "refused";
}

for (const button of document.querySelectorAll("button[data-action]"))
  button.onclick = () => act(button.dataset.action);
const setFault = () => act("fault", { answer: byId("fault").value, always: byId("always").checked });
byId("fault").onchange = setFault;
byId("always").onchange = setFault;
byId("copy").onclick = async () => {
  await navigator.clipboard.writeText(byId("endpoint").textContent);
  byId("told").textContent = "Copied.";
};

function failureOf(failure) {
  const made = element("div", "cause");
  const at = element("p");
  at.append("At ", placeOf(failure.at), failure.where ? " " : "");
  if (failure.where) at.append(element("code", "", failure.where));
  const facts = element("dl");
  for (const [name, value] of [["expected", failure.expected], ["actual", failure.actual], ["change", failure.hint]])
    facts.append(element("dt", "", name), element("dd", "", value));
  made.append(at, facts);
  const number = numberOf(failure.at);
  const diagnosis = number && shown.get(number) && shown.get(number).diagnosis;
  if (diagnosis && diagnosis.verdict === "mistake") made.append(...causesOf(diagnosis));
  return made;
}

function numberOf(place) {
  const found = /^delivery #(\\d+)$/.exec(place);
  return found ? Number(found[1]) : null;
}

/** Shows a delivery as a link to it, and any other place as text. */
function placeOf(place) {
  const number = numberOf(place);
  if (number === null) return element("code", "", place);
  const link = element("a", "", place);
  link.href = "#delivery-" + number;
  link.onclick = () => {
    const target = byId("delivery-" + number);
    if (target) target.open = true;
  };
  return link;
}

function detailOf(row) {
  const made = element("section", "row " + row.state);
  made.append(element("h3", "", row.id + " " + WORDS[row.state]), element("p", "", row.text));
  if (row.says) made.append(element("p", "soft", row.says));
  made.append(...row.failures.map(failureOf));
  if (row.failed > row.failures.length) made.append(element("p", "soft", "and " + (row.failed - row.failures.length) + " more"));
  if (row.cites.length > 0) {
    const cited = element("p", "soft", "Seen at ");
    row.cites.forEach((place, index) => cited.append(index === 0 ? "" : ", ", placeOf(place)));
    made.append(cited);
  }
  if (row.state === "not_live" || row.state === "waiting")
    made.append(element("pre", "", "npx convergint-conformance run --target " + byId("target").textContent + " --only " + row.id));
  return made;
}

function isWanted(row) {
  const text = byId("filter").value.trim().toLowerCase();
  const state = byId("states").value;
  const isOfState = state === "" || (state === "live" && row.state !== "not_live") || (state === "wrong" ? ["fail", "warn", "error"].includes(row.state) : row.state === state);
  return isOfState && (row.id + " " + row.text).toLowerCase().includes(text);
}

function showRows() {
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.row : undefined;
  // The requirements that the next webhook may change come first.
  const groups = new Map(["SIG", "DLV", "EVT"].map((name) => [name, []]));
  for (const row of rows.filter(isWanted).sort((one, other) => one.id < other.id ? -1 : 1)) {
    const name = row.id.split("-")[0];
    groups.set(name, [...(groups.get(name) || []), row]);
  }
  byId("matrix").replaceChildren(...[...groups].filter(([, all]) => all.length > 0).map(([name, all]) => {
    const group = element("div", "group");
    const chips = element("div", "chips");
    for (const row of all) {
      const chip = element("button", "chip " + row.state, SIGNS[row.state] + " " + row.id.slice(name.length + 1));
      chip.type = "button";
      chip.dataset.row = row.id;
      chip.title = row.id + " " + WORDS[row.state] + (row.says ? ": " + row.says : "");
      chip.setAttribute("aria-label", row.id + " " + WORDS[row.state]);
      chip.setAttribute("aria-pressed", String(open === row.id));
      chip.onclick = () => { open = open === row.id ? null : row.id; showRows(); };
      chips.append(chip);
    }
    group.append(element("span", "name", name), chips);
    return group;
  }));
  const wrong = rows.filter((row) => ["fail", "warn", "error"].includes(row.state) && isWanted(row) && row.id !== open);
  const chosen = rows.find((row) => row.id === open);
  byId("details").replaceChildren(...[...(chosen ? [chosen] : []), ...wrong].map(detailOf));
  const count = (state) => rows.filter((row) => row.state === state).length;
  byId("sum").textContent = rows.length === 0 ? "Nothing is judged yet." : count("pass") + " pass, " + (count("fail") + count("error")) + " fail, " + count("warn") + " warnings, " + count("waiting") + " wait for traffic.";
  if (focused) {
    const chip = document.querySelector('[data-row="' + focused + '"]');
    if (chip) chip.focus();
  }
}
byId("filter").oninput = () => { showRows(); filterDeliveries(); };
byId("states").onchange = showRows;

function filterDeliveries() {
  const text = byId("filter").value.trim().toLowerCase();
  for (const item of list.children) {
    const each = shown.get(Number(item.dataset.number));
    const about = [each.webhookId, ...each.eventTypes, ...each.steps.flatMap((step) => step.requirements)].join(" ").toLowerCase();
    item.hidden = text !== "" && !about.includes(text) && !(each.body || "").toLowerCase().includes(text);
  }
}

function showDelivery(each) {
  shown.set(each.number, each);
  const made = deliveryOf(each);
  made.dataset.number = String(each.number);
  const tools = element("p", "tools");
  for (const [name, signed] of [["Replay", false], ["Replay, signed now", true]]) {
    const button = element("button", "", name);
    button.type = "button";
    button.disabled = !canForward;
    button.title = canForward ? "Send it to your service again" : "Start dev with --forward-to to replay deliveries to your service";
    button.onclick = () => act("replay", { number: each.number, signed });
    tools.append(button);
  }
  made.querySelector(".inside").prepend(tools);
  const before = byId("delivery-" + each.number);
  if (before) before.replaceWith(made);
  else list.prepend(made);
  for (const forwarded of each.forwarded || []) showForwarded(each.number, forwarded);
  byId("empty").hidden = true;
  filterDeliveries();
  showRows();
}

function showForwarded(number, { how, status, durationMs, says }) {
  const item = byId("delivery-" + number);
  if (!item) return;
  const isTaken = status !== null && status >= 200 && status < 300;
  const line = element("p", "forwarded " + (isTaken ? "ok" : "wrong"), how + " to your service: " + (status === null ? "no answer" : status) + " in " + durationMs + " ms");
  if (says) line.append(element("pre", "", says));
  item.querySelector(".tools").after(line);
  const summary = item.querySelector(".meta");
  const note = item.querySelector(".answer") || element("span", "answer");
  note.textContent = " · your service " + (status === null ? "gave no answer" : status);
  summary.append(note);
}

function showStatus(status) {
  byId("endpoint").textContent = status.endpoint;
  byId("target").textContent = status.target;
  byId("registered").textContent = status.registered ? "registered at the vendor" : "enter it at the vendor, or post to it yourself";
  byId("doing").textContent = status.doing + (status.polls > 0 ? " Polled " + status.polls + (status.polls === 1 ? " time." : " times.") : "");
  for (const name of ["offline", "burst", "restore"]) byId(name).disabled = !status.canTrigger;
  byId("restore").textContent = "Restore" + (status.offline.length > 0 ? " (" + status.offline.length + ")" : "");
  byId("rotate").disabled = byId("register").disabled = !status.canRotate;
  byId("no-trigger").hidden = status.canTrigger;
  byId("faulty").textContent = status.fault ? "Answering " + status.fault : "";
  canForward = status.forwardTo !== null;
  byId("forward").textContent = canForward ? "Forwarding to " + status.forwardTo : "";
}

const source = new EventSource("stream");
source.onerror = () => { byId("doing").textContent = "Disconnected. What arrived is still shown."; };
source.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.rows) { rows = message.rows; showRows(); }
  else if (message.status) showStatus(message.status);
  else if (message.delivery) showDelivery(message.delivery);
  else if (message.forwarded) showForwarded(message.number, message.forwarded);
  else if (message.cleared) {
    shown.clear();
    list.replaceChildren();
    byId("empty").hidden = false;
  }
};
`;
