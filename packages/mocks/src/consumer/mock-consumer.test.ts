import https from "node:https";
import { EVENT_MEDIA_TYPE } from "@convergint/schemas";
import { generateSecret, sign } from "@convergint/webhooks";
import { describe, expect, test } from "vitest";
import { type MockConsumer, MockError, mockConsumer, mockVendorCloud } from "../index.ts";
import { answerRequests, problemOf, serveConsumer } from "../testing/served.ts";

answerRequests();

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EVENT = {
  specversion: "1.0",
  id: "evt_1",
  source: "urn:test:org:acme",
  type: "com.convergint.device.status_changed.v1",
  time: "2026-11-23T08:30:00Z",
  data: { org_id: "acme", site_id: "hq", device_id: "cam-1", status: "offline" },
};

/** The consumer's clock stands still, so that a slow machine does not change a timestamp's age. */
const NOW = new Date("2026-11-23T08:30:00Z");
const serve: typeof serveConsumer = (options) => serveConsumer({ now: () => NOW, ...options });

interface Posting {
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly keys?: string | readonly string[];
  /** The webhook-id. */
  readonly id?: string;
  readonly timestamp?: Date | number;
  /** Headers to add or replace; `undefined` removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The body to send, if it differs from the signed body. */
  readonly sent?: string;
}

/** Signs with the real signer and posts. */
async function post(consumer: MockConsumer, posting: Posting = {}): Promise<Response> {
  const { body = JSON.stringify(EVENT), keys = SECRET, id = EVENT.id, timestamp = NOW, sent } = posting;
  const signed = await sign({ id, body, keys, timestamp });
  const headers = Object.entries({ "content-type": EVENT_MEDIA_TYPE, ...signed, ...posting.headers });
  return fetch(consumer.url, {
    method: "POST",
    headers: headers.filter((entry): entry is [string, string] => entry[1] !== undefined),
    body: sent ?? body,
  });
}

const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
const withData = (data: object) => JSON.stringify({ ...EVENT, data: { ...EVENT.data, ...data } });

describe("accepts", () => {
  const [first, second] = [generateSecret(), generateSecret()];
  test.each<[string, Posting]>([
    ["what is signed", {}],
    [
      "a media type with parameters, in capitals",
      { headers: { "content-type": "Application/CloudEvents+JSON; charset=utf-8" } },
    ],
    ["a timestamp almost 5 minutes old", { timestamp: ago(295) }],
    ["a timestamp almost 5 minutes ahead", { timestamp: ago(-295) }],
    ["the first of its secrets", { keys: first }],
    ["the second of its secrets", { keys: second }],
    ["a signature of another secret and the right signature", { keys: [generateSecret(), second] }],
    ["an unknown status and unknown fields", { body: withData({ status: "unknown", mood: "calm" }) }],
    ["an unknown type", { body: JSON.stringify({ ...EVENT, type: "com.example.parking.full.v1" }) }],
    ["text that is not ASCII", { body: withData({ vendor_status: "gestört ⚠ 門" }) }],
  ])("%s", async (_, posting) => {
    const consumer = serve({ secrets: [SECRET, first, second] });
    const answer = await post(consumer, posting);
    expect(answer.status).toBe(204);
    const [delivery] = consumer.deliveries;
    expect(delivery).toMatchObject({
      verdict: "accepted",
      id: EVENT.id,
      problem: null,
      event: { id: EVENT.id },
    });
    expect(delivery?.body).toBe(posting.body ?? JSON.stringify(EVENT));
  });

  test("the events of a vendor cloud", async () => {
    const cloud = mockVendorCloud();
    const consumer = serve({ secrets: [SECRET] });
    const id = String(cloud.devices[0]?.device_id);
    const events = [cloud.setStatus(id, "offline"), cloud.removeDevice(id)];
    for (const event of events) await post(consumer, { id: event.id, body: JSON.stringify(event) });
    expect(consumer.deliveries.map(({ verdict, event }) => [verdict, event])).toEqual(
      events.map((event) => ["accepted", event]),
    );
  });
});

describe("refuses", () => {
  const other = generateSecret();
  test.each<[string, Posting, string]>([
    ["another secret", { keys: other }, "401 wrong_signature"],
    [
      "a body that differs from the signed one",
      { sent: JSON.stringify(EVENT, null, 1) },
      "401 wrong_signature",
    ],
    ["another id than was signed", { headers: { "webhook-id": "evt_2" } }, "401 wrong_signature"],
    ["an id with a dot", { headers: { "webhook-id": "evt.1" } }, "401 wrong_signature"],
    [
      "another timestamp than was signed",
      { timestamp: ago(60), headers: { "webhook-timestamp": String(NOW.getTime() / 1000) } },
      "401 wrong_signature",
    ],
    [
      "a timestamp in milliseconds",
      { headers: { "webhook-timestamp": String(NOW.getTime()) } },
      "401 wrong_signature",
    ],
    ["a signature that is not base64", { headers: { "webhook-signature": "v1,%%%" } }, "401 wrong_signature"],
    [
      "a signature of a version that is not known",
      { headers: { "webhook-signature": "v1a,AAAA" } },
      "401 wrong_signature",
    ],
    ["a signature cut short", { headers: { "webhook-signature": "v1,g0hM9SsE" } }, "401 wrong_signature"],
    ["no id", { headers: { "webhook-id": undefined } }, "401 missing_signature"],
    ["no timestamp", { headers: { "webhook-timestamp": undefined } }, "401 missing_signature"],
    ["no signature", { headers: { "webhook-signature": undefined } }, "401 missing_signature"],
    ["a timestamp more than 5 minutes old", { timestamp: ago(305) }, "401 stale_timestamp"],
    ["a timestamp more than 5 minutes ahead", { timestamp: ago(-305) }, "401 stale_timestamp"],
    ["another media type", { headers: { "content-type": "application/json" } }, "415 unsupported_media_type"],
    [
      "a batch",
      { headers: { "content-type": "application/cloudevents-batch+json" }, body: JSON.stringify([EVENT]) },
      "415 unsupported_media_type",
    ],
    [
      "more than 256 KiB",
      { body: withData({ vendor_status: "x".repeat(256 * 1024) }) },
      "413 payload_too_large",
    ],
    ["what is not JSON", { body: "{" }, "400 not_json"],
    ["a body that is not UTF-8", { body: Uint8Array.of(0x22, 0xff, 0x22) }, "400 not_json"],
    ["nothing", { body: "" }, "400 not_json"],
    ["what is not an event", { body: "{}" }, "400 not_an_event"],
    ["an event of no site", { body: withData({ site_id: undefined }) }, "400 not_an_event"],
    ["an invalid status", { body: withData({ status: "dead" }) }, "400 invalid_event"],
    ["an id that is not the event's", { id: "evt_2" }, "400 id_mismatch"],
  ])("%s", async (_, posting, expected) => {
    const consumer = serve({ secrets: [SECRET] });
    const answer = await post(consumer, posting);
    expect(await problemOf(answer.clone())).toBe(expected);
    const problem = await answer.json();
    expect(consumer.deliveries).toMatchObject([{ verdict: "refused", event: null, problem }]);
    expect(JSON.stringify(problem)).not.toContain("whsec_");
  });

  test("more than 16 signatures, including the right one", async () => {
    const consumer = serve({ secrets: [SECRET] });
    const body = JSON.stringify(EVENT);
    const { "webhook-signature": right } = await sign({ id: EVENT.id, body, keys: SECRET, timestamp: NOW });
    const others = Array.from({ length: 16 }, () => `v1,${"A".repeat(43)}=`);
    const answer = await post(consumer, { headers: { "webhook-signature": [right, ...others].join(" ") } });
    expect(await problemOf(answer)).toBe("401 wrong_signature");
  });

  test("a header that is too long, with the right signature in it", async () => {
    const consumer = serve({ secrets: [SECRET] });
    const body = JSON.stringify(EVENT);
    const { "webhook-signature": right } = await sign({ id: EVENT.id, body, keys: SECRET, timestamp: NOW });
    const headers = { "webhook-signature": `${right} v2,${"A".repeat(5000)}` };
    expect(await problemOf(await post(consumer, { body, headers }))).toBe("401 wrong_signature");
  });

  test("an old delivery, split differently so that it verifies as a new delivery", async () => {
    const consumer = serve({ secrets: [SECRET] });
    const [then, now] = [1_700_000_000, NOW.getTime() / 1000];
    const sent = JSON.stringify({ ...EVENT, id: `evt_1.${then}` });
    const moved = { "webhook-id": `evt_1.${then}`, "webhook-timestamp": String(now) };
    const posting = { body: `${now}.${sent}`, timestamp: then, headers: moved, sent };
    expect(await problemOf(await post(consumer, posting))).toBe("401 wrong_signature");
  });

  test("an unsigned delivery without parsing its content", async () => {
    const consumer = serve({ secrets: [SECRET] });
    const unsigned = { keys: other, body: "{", headers: { "content-type": "text/plain" } };
    expect(await problemOf(await post(consumer, unsigned))).toBe("401 wrong_signature");
  });

  test("another method", async () => {
    const consumer = serve({ secrets: [SECRET] });
    const answer = await fetch(consumer.url);
    expect(answer.headers.get("allow")).toBe("POST");
    expect(await problemOf(answer)).toBe("405 method_not_allowed");
  });
});

test("judges timestamps by its own clock", async () => {
  const consumer = serve({ secrets: [SECRET], now: () => new Date("2031-01-01T00:00:00Z") });
  expect(await problemOf(await post(consumer))).toBe("401 stale_timestamp");
  expect((await post(consumer, { timestamp: new Date("2031-01-01T00:04:00Z") })).status).toBe(204);
});

test("treats a duplicate as received, and another source's event with the same id as new", async () => {
  const consumer = serve({ secrets: [SECRET] });
  const body = JSON.stringify({ ...EVENT, source: "urn:test:org:other" });
  const answers = [await post(consumer), await post(consumer), await post(consumer, { body })];
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
  expect(consumer.deliveries.map(({ verdict }) => verdict)).toEqual(["accepted", "repeated", "accepted"]);
});

test("records the retries of a vendor", async () => {
  const consumer = serve({ secrets: [SECRET] });
  consumer.failNext({ status: 503, retryAfterSeconds: 2 });
  consumer.failNext({ status: 429, retryAfterSeconds: 1 });
  const answers = [];
  for (const seconds of [20, 10, 0]) answers.push(await post(consumer, { timestamp: ago(seconds) }));
  expect(answers.map(({ status, headers }) => [status, headers.get("retry-after")])).toEqual([
    [503, "2"],
    [429, "1"],
    [204, null],
  ]);
  const [first, second, third] = consumer.deliveries;
  expect([first, second, third].map((delivery) => delivery?.verdict)).toEqual([
    "failed",
    "failed",
    "accepted",
  ]);
  expect(first?.problem).toMatchObject({ status: 503, code: "unavailable" });
  expect([second?.id, second?.body]).toEqual([first?.id, first?.body]);
  expect(third?.headers.get("webhook-timestamp")).not.toBe(first?.headers.get("webhook-timestamp"));
});

test("counts an event as received if the response breaks or is late", async () => {
  const consumer = serve({ secrets: [SECRET] });
  consumer.breakNext();
  await expect(post(consumer)).rejects.toThrow(TypeError);
  await consumer.nextDelivery();
  consumer.delayNext({ seconds: 0.2 });
  const happened: string[] = [];
  const counted = consumer.nextDelivery().then(() => happened.push("counted"));
  const answer = await post(consumer);
  happened.push(`answered ${answer.status}`);
  await counted;
  expect(happened).toEqual(["counted", "answered 204"]);
  expect(consumer.deliveries.map(({ verdict }) => verdict)).toEqual(["accepted", "repeated"]);
});

test("nextDelivery returns each delivery once, before and after it arrives", async () => {
  const consumer = serve({ secrets: [SECRET] });
  const waiting = [consumer.nextDelivery(), consumer.nextDelivery()];
  for (const id of ["e1", "e2", "e3", "e4"])
    await post(consumer, { id, body: JSON.stringify({ ...EVENT, id }) });
  waiting.push(consumer.nextDelivery(), consumer.nextDelivery());
  expect((await Promise.all(waiting)).map(({ id }) => id)).toEqual(["e1", "e2", "e3", "e4"]);
});

test("accepts posts by node:https", async () => {
  const consumer = serve({ secrets: [SECRET] });
  const body = JSON.stringify(EVENT);
  const headers = {
    "content-type": EVENT_MEDIA_TYPE,
    ...(await sign({ id: EVENT.id, body, keys: SECRET, timestamp: NOW })),
  };
  const answered = Promise.withResolvers<number | undefined>();
  const request = https.request(consumer.url, { method: "POST", headers });
  request.on("response", ({ statusCode }) => answered.resolve(statusCode)).on("error", answered.reject);
  request.end(body);
  expect(await answered.promise).toBe(204);
  expect(await consumer.nextDelivery()).toMatchObject({ verdict: "accepted", body });
});

test.each([
  { secrets: [] },
  { secrets: ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] },
  { secrets: ["whsec_short"] },
  { secrets: ["whsec_AAAA"] },
  { secrets: [`whsec_${"A".repeat(100)}`] },
  { secrets: [SECRET, `${SECRET} `] },
  { secrets: [SECRET], url: "/hooks" },
])("throws for the options %j, without a secret in the message", (options) => {
  expect(() => mockConsumer(options)).toThrow(MockError);
  expect(() => mockConsumer(options)).toThrow(expect.objectContaining({ code: "invalid_option" }));
  expect(() => mockConsumer(options)).not.toThrow(/MfKQ/);
});
