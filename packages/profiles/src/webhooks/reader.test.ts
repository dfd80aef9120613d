import { createHmac } from "node:crypto";
import { eventSchemaOf } from "@convergint/schemas";
import { describe, expect, test } from "vitest";
import { readProfile } from "../read-profile.ts";
import { UNMAPPED_EVENT } from "./events.ts";
import { createWebhookReader, type WebhookReader } from "./reader.ts";

const SECRET = "a secret of some length";
const receivedAt = new Date("2026-11-30T12:00:00.000Z");
const seconds = receivedAt.getTime() / 1_000;
const secrets = [SECRET];

const PAGE = `
profile: 1
name: convergint-page
title: Convergint's page
words:
  status: { up: online, "power lost": { status: offline, reason: power_loss } }
webhooks:
  signature:
    algorithm: hmac_sha256
    header: X-Webhook-Signature
    format: "sha256={hex}"
    timestamp: { header: X-Webhook-Timestamp }
  id: event.event_id
  time: { value: event.timestamp, time: iso }
  vendor_type: event.event_type
  fields: { org_id: event.account_id, site_id: event.site_id }
  events:
    - when: event.event_type == 'health'
      type: device.status_changed
      fields: { device_id: event.device_id, status: event.data.status, last_seen_at: { value: event.data.seen, time: unix_seconds } }
  ignore: [event.event_type == 'motion']
  redact: [body.data.token]
`;
const HEALTH = {
  event_id: "5f0c7f6e-6c0c-4d53-8d0e-0f6f3a2b1c4d",
  event_type: "health",
  device_id: "cam-7",
  timestamp: "2026-11-30T11:59:58.250+01:00",
  account_id: "acc-1",
  site_id: "site-9",
  data: { status: "Power-Lost", seen: 1_764_503_990 },
};

const read = (reader: WebhookReader, body: string, headers: Record<string, string>, at = receivedAt) =>
  reader.read({
    method: "POST",
    url: "/webhooks/1",
    headers,
    body: Buffer.from(body),
    receivedAt: at,
    secrets,
  });

const page = createWebhookReader(readProfile(PAGE, "page.yaml"));
const toText = (body: unknown) => (typeof body === "string" ? body : JSON.stringify(body));
function send(body: unknown, { reader = page, at = receivedAt } = {}) {
  const signature = createHmac("sha256", SECRET).update(toText(body)).digest("hex");
  const headers = {
    "x-webhook-signature": `sha256=${signature}`,
    "x-webhook-timestamp": `${at.getTime() / 1_000}`,
  };
  return read(reader, toText(body), headers, at);
}

describe("a delivery of Convergint's page", () => {
  test("becomes a status event of the contract", async () => {
    const { events, signature, ...rest } = await send(HEALTH);
    expect(rest).toEqual({ refused: [], unmapped: [], words: [], faults: [], ignored: 0 });
    expect(signature).toEqual({ hasTimestamp: true, coversTimestamp: false });
    expect(events).toEqual([
      {
        index: 0,
        value: {
          specversion: "1.0",
          id: HEALTH.event_id,
          source: "urn:convergint-profile:convergint-page:org:acc-1",
          type: "com.convergint.device.status_changed.v1",
          time: "2026-11-30T10:59:58.25Z",
          subject: "cam-7",
          datacontenttype: "application/json",
          data: {
            org_id: "acc-1",
            site_id: "site-9",
            device_id: "cam-7",
            status: "offline",
            status_reason: "power_loss",
            vendor_status: "Power-Lost",
            last_seen_at: "2025-11-30T11:59:50Z",
          },
        },
      },
    ]);
    const [event] = events;
    expect(eventSchemaOf(event?.value.type ?? "").safeParse(event?.value).success).toBe(true);
  });

  test("replayed with a fresh timestamp is the same event, so the server sees a duplicate", async () => {
    const first = await send(HEALTH);
    const replayed = await send(HEALTH, { at: new Date(receivedAt.getTime() + 3_600_000) });
    expect(replayed.events).toEqual(first.events);
    expect(page.limitations).toEqual([expect.stringContaining("does not cover the timestamp")]);
  });

  test("with an unknown status word has the status unknown, and the word is counted", async () => {
    const { events, words } = await send({ ...HEALTH, data: { status: "napping" } });
    expect(events[0]?.value.data).toMatchObject({ status: "unknown", vendor_status: "napping" });
    expect(words).toEqual([{ kind: "status", word: "napping" }]);
  });

  test("of a type without a rule is kept, without its secret", async () => {
    const sent = { ...HEALTH, event_type: "door", data: { token: "s3cr3t" } };
    const { events, unmapped } = await send(sent);
    expect(unmapped).toEqual([{ index: 0, word: "door" }]);
    expect(events[0]?.value).toMatchObject({
      id: HEALTH.event_id,
      type: UNMAPPED_EVENT,
      time: "2026-11-30T10:59:58.25Z",
      data: {
        org_id: "acc-1",
        site_id: "site-9",
        vendor_event_type: "door",
        payload: { ...sent, data: { token: "[redacted]" } },
      },
    });
    expect(eventSchemaOf(UNMAPPED_EVENT).safeParse(events[0]?.value).success).toBe(true);
  });

  test("that is ignored on purpose is only counted", async () => {
    expect(await send({ ...HEALTH, event_type: "motion" })).toMatchObject({ events: [], ignored: 1 });
  });

  test("with an invalid optional member is accepted without it", async () => {
    const { events, faults } = await send({ ...HEALTH, data: { status: "up", seen: "yesterday" } });
    expect(events[0]?.value.data).not.toHaveProperty("last_seen_at");
    expect(faults).toMatchObject([{ index: 0, id: HEALTH.event_id, place: { file: "page.yaml", line: 20 } }]);
  });

  test.each([
    ["no id", { event_id: undefined }, "invalid_event", 13],
    ["an empty id", { event_id: "" }, "invalid_event", 13],
    ["no time", { timestamp: null }, "invalid_event", 14],
    ["a time in another unit", { timestamp: seconds }, "invalid_event", 14],
    ["no device", { device_id: undefined }, "invalid_event", 20],
    ["a type of another kind", { data: "offline" }, "invalid_event", 20],
  ])("with %s is refused, with the line of the profile", async (_, change, code, line) => {
    const { events, refused } = await send({ ...HEALTH, ...change });
    expect(events).toEqual([]);
    expect(refused).toMatchObject([{ index: 0, code, place: { file: "page.yaml", line } }]);
  });

  test("leaves org and site out if the event lacks them", async () => {
    const { account_id: _, site_id: __, ...less } = HEALTH;
    const { events } = await send(less);
    expect(events[0]?.value.source).toBe("urn:convergint-profile:convergint-page");
    expect(events[0]?.value.data).not.toHaveProperty("org_id");
    expect(events[0]?.value.data).toMatchObject({ device_id: "cam-7", status: "offline" });
  });

  test("with an id that the contract does not allow has a stable id made of it", async () => {
    const { events } = await send({ ...HEALTH, event_id: "a.b" });
    expect(events[0]?.value.id).toMatch(/^h_[\w-]{43}$/);
    expect((await send({ ...HEALTH, event_id: "a.b" })).events[0]?.value.id).toBe(events[0]?.value.id);
    expect((await send({ ...HEALTH, event_id: "a.c" })).events[0]?.value.id).not.toBe(events[0]?.value.id);
  });

  test("keeps the digits of a large numeric id", async () => {
    const text = JSON.stringify(HEALTH).replace(`"${HEALTH.event_id}"`, "90071992547409931");
    expect((await send(text)).events[0]?.value.id).toBe("90071992547409931");
  });
});

describe("refuses as a whole", () => {
  test.each([
    ["not_json", '{"event_id":1,"event_id":2}'],
    ["not_json", "hello"],
    ["not_an_event", "7"],
  ])("%s: %s, which was signed", async (code, body) => {
    await expect(send(body)).rejects.toMatchObject({ code, signed: true });
  });

  test("a body that is too large, before it is hashed", async () => {
    await expect(send(" ".repeat(256 * 1_024 + 1))).rejects.toMatchObject({
      code: "payload_too_large",
      signed: false,
    });
  });

  test("every delivery to a profile without webhooks", async () => {
    const polled = createWebhookReader(
      readProfile(`
profile: 1
name: polled
title: Polled
auth: { scheme: none }
inventory:
  requests: { all: { path: /, items: body } }
  orgs: { from: all, fields: { org_id: item.id, name: item.id } }
  sites: { from: all, fields: { site_id: item.id, org_id: item.id, name: item.id } }
  devices: { from: all, fields: { device_id: item.id, org_id: item.id, site_id: item.id, name: item.id, type: item.id } }
`),
    );
    await expect(send(HEALTH, { reader: polled })).rejects.toMatchObject({ code: "no_webhooks" });
  });

  test("every delivery of a vendor that does not sign", async () => {
    const text = PAGE.replace(/signature:[\s\S]*?(?= {2}id:)/, "signature: null\n");
    const unsigned = createWebhookReader(readProfile(text));
    await expect(send(HEALTH, { reader: unsigned })).rejects.toMatchObject({ code: "no_webhooks" });
    expect(unsigned.limitations).toEqual([expect.stringContaining("does not sign")]);
  });
});

describe("a batch", () => {
  const MIST = `
profile: 1
name: mist
title: Mist
webhooks:
  signature: { algorithm: hmac_sha256, header: X-Mist-Signature-v2 }
  envelope: { events: body.events }
  time: { value: event.timestamp, time: unix_seconds }
  fields: { org_id: event.org_id, site_id: event.site_id }
  events:
    - when: body.topic == 'device-updowns' && event.type.endsWith('_CONNECTED')
      type: device.status_changed
      id: { derived: [event.mac, event.timestamp, event.type] }
      fields: { device_id: "'00000000-0000-0000-1000-' + event.mac", status: "'online'" }
    - when: body.topic == 'loop' && event.list.exists(a, event.list.exists(b, a + b == 'x'))
      type: device.status_changed
      id: event.id
      fields: { device_id: event.mac, status: "'online'" }
`;
  const reader = createWebhookReader(readProfile(MIST, "mist.yaml"));
  const sendMist = (body: unknown) =>
    read(reader, toText(body), {
      "x-mist-signature-v2": createHmac("sha256", SECRET).update(toText(body)).digest("hex"),
    });
  const up = {
    mac: "5c5b35000001",
    type: "AP_CONNECTED",
    timestamp: 1_764_503_990,
    org_id: "o",
    site_id: "s",
  };

  test("has one event each; a bad one does not affect the others", async () => {
    const bad = { ...up, timestamp: "soon" };
    const { events, refused, unmapped } = await sendMist({
      topic: "device-updowns",
      events: [up, bad, 7, { ...up, type: "AP_RESTARTED" }, { ...up, mac: "5c5b35000002" }],
    });
    expect(events.map(({ index, value }) => [index, value.type])).toEqual([
      [0, "com.convergint.device.status_changed.v1"],
      [3, UNMAPPED_EVENT],
      [4, "com.convergint.device.status_changed.v1"],
    ]);
    expect(events[0]?.value.data["device_id"]).toBe("00000000-0000-0000-1000-5c5b35000001");
    expect(refused.map(({ index, code }) => [index, code])).toEqual([
      [1, "invalid_event"],
      [2, "not_an_event"],
    ]);
    expect(unmapped).toEqual([{ index: 3, word: null }]);
  });

  test("with an expression that does not end has the other events", async () => {
    const list = Array.from({ length: 3_000 }, (_, index) => `${index}`);
    const { events, refused } = await sendMist({
      topic: "loop",
      events: [
        { ...up, id: "1", list: [] },
        { ...up, id: "2", list },
      ],
    });
    expect(events.map(({ index, value }) => [index, value.type])).toEqual([[0, UNMAPPED_EVENT]]);
    expect(refused).toMatchObject([{ index: 1, place: { file: "mist.yaml", line: 15 } }]);
    expect(refused[0]?.code).toMatch(/^expression_(timeout|blocked)$/);
  });

  test("without ids has derived ids: the same on a retry, different for another occurrence", async () => {
    const later = { ...up, timestamp: up.timestamp + 1 };
    const ids = async (...events: unknown[]) =>
      (await sendMist({ topic: "device-updowns", events })).events.map(({ value }) => value.id);
    const [first, second] = await ids(up, later);
    expect(first).not.toBe(second);
    expect(await ids(later, up)).toEqual([second, first]);
  });

  test("has no event without anything to derive an id from, or all such events would be one", async () => {
    const nothing = { id_of: "MIST", type: "AP_CONNECTED", org_id: "o", mac: null };
    const reader = createWebhookReader(
      readProfile(MIST.replace("[event.mac, event.timestamp, event.type]", "[event.mac, event.absent]")),
    );
    const body = toText({ topic: "device-updowns", events: [{ ...up, ...nothing }] });
    const signature = createHmac("sha256", SECRET).update(body).digest("hex");
    const { events, refused } = await read(reader, body, { "x-mist-signature-v2": signature });
    expect([events, refused]).toEqual([
      [],
      [expect.objectContaining({ code: "invalid_event", detail: "The event has no id." })],
    ]);
  });

  test("whose list is not where the profile says is refused", async () => {
    await expect(sendMist({ topic: "device-updowns", items: [] })).rejects.toMatchObject({
      code: "not_an_event",
      signed: true,
      place: { file: "mist.yaml", line: 7 },
    });
    await expect(sendMist({ topic: "x", events: Array(1_001).fill(up) })).rejects.toMatchObject({
      code: "not_an_event",
    });
  });
});

describe("a span", () => {
  const SPAN = `
profile: 1
name: een
title: Spans
webhooks:
  signature: { algorithm: secret_in_header, header: X-Key }
  envelope: { events: body.data, span: { ended: event.endTimestamp } }
  id: event.id
  time: { value: "phase == 'end' ? event.endTimestamp : event.startTimestamp", time: iso }
  fields: { org_id: event.accountId }
  events:
    - { when: "phase == 'start'", type: device.status_changed, fields: { device_id: event.actorId, status: "'offline'" } }
    - { when: "phase == 'end'", type: device.status_changed, fields: { device_id: event.actorId, status: "'online'" } }
`;
  const reader = createWebhookReader(readProfile(SPAN));
  const key = { "x-key": SECRET };
  const started = {
    id: "e1",
    accountId: "a",
    actorId: "c",
    startTimestamp: "2026-11-30T10:00:00Z",
    endTimestamp: null,
  };

  test("is one event when it starts, and two when it has ended", async () => {
    const { events, ignored } = await read(reader, JSON.stringify({ data: [started] }), key);
    expect(events.map(({ value: { id, time, data } }) => [id, time, data["status"]])).toEqual([
      ["e1-start", "2026-11-30T10:00:00Z", "offline"],
    ]);
    expect(ignored).toBe(0);
    const ended = { ...started, endTimestamp: "2026-11-30T11:00:00Z" };
    const both = await read(reader, JSON.stringify({ data: [ended] }), key);
    expect(both.events.map(({ value: { id, time, data } }) => [id, time, data["status"]])).toEqual([
      ["e1-start", "2026-11-30T10:00:00Z", "offline"],
      ["e1-end", "2026-11-30T11:00:00Z", "online"],
    ]);
  });
});

describe("a secret in the body", () => {
  const MERAKI = `
profile: 1
name: meraki
title: Meraki
webhooks:
  signature: { algorithm: secret_in_body, secret_at: body.sharedSecret }
  id: event.alertId
  time: { value: event.occurredAt, time: iso }
  events: []
`;
  const reader = createWebhookReader(readProfile(MERAKI));

  test("is in nothing that is stored", async () => {
    const alert = { sharedSecret: SECRET, alertId: "1", occurredAt: "2026-11-30T10:00:00.000000Z" };
    const result = await read(reader, JSON.stringify(alert), {});
    expect(result.events[0]?.value.data["payload"]).toEqual({ ...alert, sharedSecret: "[redacted]" });
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(JSON.parse(reader.redact(Buffer.from(JSON.stringify(alert))))).toEqual({
      ...alert,
      sharedSecret: "[redacted]",
    });
    expect(reader.redact(Buffer.from(`{"sharedSecret":"${SECRET}"`))).not.toContain(SECRET);
  });
});

test("a canonical profile reads events as they are", async () => {
  const canonical = createWebhookReader(
    readProfile("{ profile: 1, name: canonical, title: Contract, canonical: true }"),
  );
  const secret = canonical.generateSecret();
  const [id, body] = ["evt_1", '{"id":"evt_1"}'];
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  const delivery = {
    method: "POST",
    url: "/",
    headers: { "webhook-id": id, "webhook-timestamp": `${seconds}`, "webhook-signature": `v1,${signature}` },
    body: Buffer.from(body),
    receivedAt,
  };
  expect(await canonical.read({ ...delivery, secrets: [secret] })).toMatchObject({
    events: [{ index: 0, value: { id: "evt_1" } }],
    signature: { hasTimestamp: true, coversTimestamp: true },
  });
  await expect(canonical.read({ ...delivery, secrets: [SECRET] })).rejects.toMatchObject({
    code: "no_secret",
  });
});
