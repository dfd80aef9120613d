import { createHmac } from "node:crypto";
import { generateSecret, sign } from "@convergint/webhooks";
import { describe, expect, onTestFinished, test } from "vitest";
import { createStyle } from "../report/terminal.ts";
import { createAttemptLog } from "./attempts.ts";
import { inspect } from "./inspect.ts";
import type { StepName } from "./inspection.ts";
import { renderInspection } from "./render-inspection.ts";
import { type AnsweredDelivery, startTestEndpoint } from "./test-endpoint.ts";

const KEY = generateSecret();
const NOW = new Date("2026-11-26T08:00:00Z");
const EVENT = {
  specversion: "1.0",
  id: "evt_1",
  source: "urn:vendor:org",
  type: "com.convergint.device.status_changed.v1",
  time: "2026-11-26T07:59:59Z",
  data: { org_id: "org", site_id: "hq", device_id: "cam-1", status: "offline" },
};

interface Made {
  readonly body?: string | Uint8Array;
  readonly id?: string;
  readonly key?: string;
  readonly timestamp?: Date;
  readonly headers?: Readonly<Record<string, string>>;
  readonly without?: string;
}

async function delivery({
  body = JSON.stringify(EVENT),
  id = "evt_1",
  key = KEY,
  timestamp = NOW,
  ...more
}: Made) {
  const signed = await sign({ id, body, keys: key, timestamp });
  const headers: Record<string, string> = {
    "content-type": "application/cloudevents+json",
    ...signed,
    ...more.headers,
  };
  if (more.without) delete headers[more.without];
  return { headers, body: typeof body === "string" ? Buffer.from(body) : body, receivedAt: NOW };
}

const look = async (made: Made = {}, keys = [KEY]) =>
  inspect(await delivery(made), 1, keys, createAttemptLog());

/** Lists the steps that are not ok, with the first requirement of each. */
const listErrors = ({ steps }: Awaited<ReturnType<typeof look>>) =>
  steps
    .filter(({ outcome }) => outcome !== "ok")
    .map(({ step, outcome, requirements }) => `${step} ${outcome} ${requirements[0]}`);

const batch = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, n) => ({ ...EVENT, id: `evt_${n}` })));
const BATCH = { "content-type": "application/cloudevents-batch+json" };

describe("accepts", () => {
  test.each<[string, Made]>([
    ["one event", {}],
    [
      "a media type with a parameter",
      { headers: { "content-type": "application/cloudevents+json; charset=utf-8" } },
    ],
    ["a batch", { body: batch(3), id: "batch_1", headers: BATCH }],
    ["a custom event type", { body: JSON.stringify({ ...EVENT, type: "com.vendor.fan_stuck.v1" }) }],
  ])("%s", async (_, made) => {
    const inspection = await look(made);
    expect(listErrors(inspection)).toEqual([]);
    expect(inspection).toMatchObject({ good: true, diagnosis: null, problems: [] });
  });

  test("names the matching key", async () => {
    const { steps } = await look({}, [generateSecret(), KEY]);
    expect(steps.find(({ step }) => step === "signature")?.says).toBe("Valid, with key 2 of 2.");
  });
});

describe("reports exactly what is wrong", () => {
  test.each<[string, Made, readonly string[]]>([
    [
      "no signature",
      { without: "webhook-signature" },
      ["headers wrong SIG-001", "timestamp unknown SIG-002", "signature unknown SIG-001"],
    ],
    ["the wrong secret", { key: generateSecret() }, ["signature wrong SIG-001"]],
    ["signed an hour ago", { timestamp: new Date("2026-11-26T07:00:00Z") }, ["timestamp wrong SIG-002"]],
    [
      "signed an hour ago with the wrong secret",
      { timestamp: new Date("2026-11-26T07:00:00Z"), key: generateSecret() },
      ["timestamp wrong SIG-002", "signature wrong SIG-001"],
    ],
    [
      "media type application/json",
      { headers: { "content-type": "application/json" } },
      ["media_type wrong EVT-002"],
    ],
    ["invalid JSON", { body: "{" }, ["json wrong EVT-002", "event unknown EVT-002"]],
    ["an empty body", { body: "" }, ["json wrong EVT-002", "event unknown EVT-002"]],
    [
      "invalid UTF-8",
      { body: Uint8Array.of(0x22, 0xff, 0x22) },
      ["json wrong EVT-002", "event unknown EVT-002"],
    ],
    [
      "a byte order mark",
      { body: `\ufeff${JSON.stringify(EVENT)}` },
      ["json wrong EVT-002", "event unknown EVT-002"],
    ],
    [
      "more than 256 KiB",
      { body: JSON.stringify({ ...EVENT, filler: "x".repeat(256 * 1024) }) },
      ["json wrong EVT-012", "event unknown EVT-002"],
    ],
    [
      "an invalid field",
      { body: JSON.stringify({ ...EVENT, data: { ...EVENT.data, status: 7 } }) },
      ["event wrong EVT-002"],
    ],
    ["a webhook-id other than the event id", { id: "delivery_9" }, ["event wrong SIG-003"]],
    ["an empty batch", { body: "[]", id: "batch_1", headers: BATCH }, ["event wrong DLV-012"]],
    ["101 events", { body: batch(101), id: "batch_1", headers: BATCH }, ["event wrong DLV-012"]],
    ["an array sent as one event", { body: batch(2) }, ["event wrong EVT-002"]],
    ["one event sent as a batch", { id: "batch_1", headers: BATCH }, ["event wrong DLV-012"]],
  ])("%s", async (_, made, expected) => {
    const inspection = await look(made);
    expect(listErrors(inspection)).toEqual(expected);
    expect(inspection.good).toBe(false);
  });
});

test("names an invalid field by JSON pointer, also in a batch", async () => {
  const bad = { ...EVENT, data: { ...EVENT.data, device_id: undefined } };
  expect((await look({ body: JSON.stringify(bad) })).problems).toEqual([
    expect.objectContaining({ pointer: "/data/device_id", requirement: expect.any(String) }),
  ]);
  const { problems } = await look({ body: JSON.stringify([EVENT, bad]), id: "batch_1", headers: BATCH });
  expect(problems.map(({ pointer }) => pointer)).toEqual(["/1/data/device_id"]);
});

/** Starts an endpoint whose clock stands still. @param count how many deliveries to wait for */
async function startEndpoint(count: number) {
  const shown: AnsweredDelivery[] = [];
  const all = Promise.withResolvers<readonly AnsweredDelivery[]>();
  const endpoint = await startTestEndpoint({
    port: 0,
    everyInterface: false,
    keys: () => [KEY],
    programme: () => null,
    clock: {
      now: () => 0,
      sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    },
    onDelivery(delivery) {
      shown.push(delivery);
      if (shown.length === count) all.resolve(shown);
    },
  });
  onTestFinished(() => endpoint.close());
  const url = `http://127.0.0.1:${endpoint.port}/`;
  const post = (headers: Record<string, string>, body: string) =>
    fetch(url, { method: "POST", headers, body });
  return { url, post, shown: all.promise };
}

test.each([
  ["another method than POST", {}, 405],
  ["headers that are too large", { method: "POST", headers: { "x-long": "a".repeat(20_000) } }, 431],
])("answers %s with a problem", async (_, init, status) => {
  const { url } = await startEndpoint(1);
  const answer = await fetch(url, init);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("allow")).toBe(status === 405 ? "POST" : null);
  expect(await answer.json()).toMatchObject({ status, detail: expect.any(String) });
});

test("answers every delivery, and explains a sample of those that do not verify in a thread", async () => {
  const body = JSON.stringify(EVENT);
  const { post, shown } = await startEndpoint(7);
  const signed = await sign({ id: "evt_1", body, keys: KEY });
  const key = Buffer.from(KEY.slice("whsec_".length), "base64");
  const hex = createHmac("sha256", key).update(`evt_1.${signed["webhook-timestamp"]}.${body}`).digest("hex");
  const headers = {
    ...signed,
    "webhook-signature": `v1,${hex}`,
    "content-type": "application/cloudevents+json",
  };
  for (let sent = 0; sent < 7; sent += 1) expect((await post(headers, body)).status).toBe(401);
  const diagnoses = (await shown).map(({ inspection }) => inspection.diagnosis);
  const [first] = diagnoses;
  if (first?.verdict !== "mistake") throw new Error(`diagnosed as ${first?.verdict}`);
  expect(first.complete).toBe(true);
  expect(first.mistakes[0].code).toMatch(/hex/);
  expect(JSON.stringify(first.mistakes[0].fix)).toContain("base64");
  expect(diagnoses.map((diagnosis) => diagnosis?.verdict)).toEqual([
    ...Array(5).fill("mistake"),
    ...Array(2).fill("unknown"),
  ]);
  expect(diagnoses[6]).toMatchObject({ gaveUp: true, explanation: expect.stringMatching(/^Not explained/) });
});

test("answers a refusal with its reason, and shows the line to copy as it is", async () => {
  const body = JSON.stringify(EVENT);
  const { post, shown } = await startEndpoint(1);
  const signed = await sign({ id: "evt_1", body, keys: KEY });
  // Signs with the secret's text instead of its decoded bytes.
  const mac = createHmac("sha256", KEY).update(`evt_1.${signed["webhook-timestamp"]}.${body}`);
  const headers = {
    ...signed,
    "webhook-signature": `v1,${mac.digest("base64")}`,
    "content-type": "application/cloudevents+json",
  };
  const refused = await post(headers, body);
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(await refused.json()).toMatchObject({ status: 401, detail: expect.stringMatching(/signature/i) });
  const [delivery] = await shown;
  const printed = delivery ? renderInspection(delivery, createStyle(false)) : "";
  expect(printed).toContain(`secret.replace(/^whsec_/, "")`);
  expect(printed).not.toContain(KEY.slice("whsec_".length));
});

/** Bodies that anyone can post, and that took from 17 s to minutes of processor time. */
test.each<[string, string]>([
  ["80,000 events", `[${Array(80_000).fill("{}").join(",")}]`],
  ["12,000 secrets", Array.from({ length: 12_000 }, (_, n) => `&password=p${1e9 + n}`).join("")],
])("bounds the inspection of a body with %s", { timeout: 10_000 }, async (_, body) => {
  expect(await look({ body, headers: BATCH })).toMatchObject({ good: false, problems: [] });
});

test("the result contains no key or credential", async () => {
  const inspection = await look({
    body: JSON.stringify({ ...EVENT, debug: KEY }),
    headers: { authorization: "Bearer vendor-token", "x-secret": KEY },
  });
  const shown = JSON.stringify(inspection);
  expect(shown).not.toContain(KEY);
  expect(shown).not.toContain(KEY.slice("whsec_".length));
  expect(shown).not.toContain("vendor-token");
});

describe("a retry", () => {
  const later = new Date(NOW.getTime() + 2000);
  const twice = async (second: Made, receivedAt = later) => {
    const attempts = createAttemptLog();
    const first = await delivery({});
    await inspect(first, 1, [KEY], attempts);
    attempts.record(first, false);
    const inspection = await inspect({ ...(await delivery(second)), receivedAt }, 2, [KEY], attempts);
    return {
      attempt: inspection.attempt,
      steps: inspection.steps.filter(({ step }) => step === ("retry" as StepName)),
    };
  };
  test.each<[string, Made, string, string]>([
    ["with the same bytes and a new signature", { timestamp: later }, "ok", "DLV-002"],
    [
      "with different bytes",
      { timestamp: later, body: JSON.stringify({ ...EVENT, more: 1 }) },
      "wrong",
      "DLV-002",
    ],
    ["with the previous signature", {}, "wrong", "DLV-003"],
  ])("%s: %s", async (_, second, outcome, requirement) => {
    const { attempt, steps } = await twice(second);
    expect(attempt).toBe(2);
    expect(steps).toEqual([expect.objectContaining({ outcome, requirements: [requirement] })]);
  });

  test("a different id is not a retry", async () => {
    expect(await twice({ id: "evt_2", body: JSON.stringify({ ...EVENT, id: "evt_2" }) })).toEqual({
      attempt: 1,
      steps: [],
    });
  });
});
