import { createHmac, randomUUID } from "node:crypto";
import { batchAnswerSchema, deviceSchema } from "@convergint/schemas";
import { generateSecret } from "@convergint/webhooks";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { type Onboarded, onboard, startOnboarded } from "../testing/onboarded.ts";
import { type Answer, call } from "../testing/running-server.ts";
import { startVendor } from "../testing/stand-in-vendor.ts";
import { createTestClock } from "../testing/test-clock.ts";
import { acceptEvent } from "./accept-event.ts";

let at: Onboarded;
beforeAll(async () => {
  at = await startOnboarded();
});
afterAll(() => at.close());

const NOT_SIGNED = ["wrong_signature", "stale_timestamp", "missing_signature"];
/** Such a record is written after the answer. */
const PATIENT = { timeout: 10_000 };
const BATCH = { headers: { "content-type": "application/cloudevents-batch+json" } };

let ids = 0;
const fresh = (more: Parameters<typeof statusChanged>[0] = {}) => {
  ids += 1;
  return statusChanged({ id: `evt-fresh-${ids}`, ...more, data: { device_id: `cam-${ids}`, ...more.data } });
};
/** Lists all stored events, or only those with the given id. */
const stored = async (id?: string) => {
  const { body } = await at.server.get("/v1/events?limit=1000");
  return body.data.filter(({ event }: { event: { id: string } }) => id === undefined || event.id === id);
};
const expectRefusal = ({ status, headers, body }: Answer, expected: number, code: string) => {
  expect({ status, code: body?.code }).toEqual({ status: expected, code });
  expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(body.status).toBe(expected);
  expect(body.detail).toEqual(expect.any(String));
};

describe("a valid event", () => {
  test("is answered 204, is listed, and sets the device's status", async () => {
    const event = fresh({ data: { status_reason: "no_power", last_seen_at: "2026-11-23T08:29:00Z" } });
    expect((await at.deliver(event)).status).toBe(204);
    expect(await stored(event.id)).toMatchObject([{ integration_id: at.integrationId, event }]);
    expect((await at.device(event.data.device_id)).body).toMatchObject({
      integration_id: at.integrationId,
      device_id: event.data.device_id,
      org_id: "org",
      site_id: "hq",
      status: "offline",
      status_reason: "no_power",
      status_observed_at: event.time,
      status_known_by: "event",
      last_seen_at: "2026-11-23T08:29:00Z",
      lifecycle: "active",
    });
  });

  test("of an unknown type is stored, and changes no status", async () => {
    const event = fresh({ type: "com.example.coffee.ready.v7" });
    expect((await at.deliver(event)).status).toBe(204);
    expect(await stored(event.id)).toHaveLength(1);
    expect((await at.device(event.data.device_id)).body.code).toBe("unknown_device");
  });

  test("of an unlisted device creates the device, without invented members", async () => {
    const event = fresh({ data: { device_id: "never listed / ünïcode" } });
    expect((await at.deliver(event)).status).toBe(204);
    expect((await at.device("never listed / ünïcode")).body).toMatchObject({
      status: "offline",
      name: null,
      type: null,
    });
  });

  test("may have a media type with a parameter, in upper or lower case", async () => {
    const headers = { "content-type": "Application/CloudEvents+JSON; charset=utf-8" };
    expect((await at.deliver(fresh(), { headers })).status).toBe(204);
  });

  test.each(["constructor", "prototype"])(
    "with a field named %s is harmless and stored as sent",
    async (name) => {
      const event = fresh();
      const body = JSON.stringify(event).replace('"data":{', `"data":{"${name}":{"polluted":true},`);
      expect((await at.deliver(body, { id: event.id })).status).toBe(204);
      expect({}).not.toHaveProperty("polluted");
      expect((await at.server.get("/v1/events?limit=1000")).text).toContain(`"${name}":{"polluted":true}`);
    },
  );

  test("is returned with its numbers exactly as signed", async () => {
    const event = fresh();
    const body = JSON.stringify(event).replace('"data":{', '"data":{"serial":12345678901234567890,');
    expect((await at.deliver(body, { id: event.id })).status).toBe(204);
    expect((await at.server.get("/v1/events?limit=1000")).text).toContain("12345678901234567890");
  });
});

describe("an event with an invalid optional member", () => {
  test.each<[string, Parameters<typeof statusChanged>[0], Readonly<Record<string, unknown>>, string]>([
    [
      "a reason that is too long",
      { data: { status_reason: "x".repeat(300), vendor_status: "LINK DOWN" } },
      { status: "offline", status_reason: null, vendor_status: "LINK DOWN" },
      "/data/status_reason",
    ],
    [
      "a last_seen_at without zone",
      { data: { last_seen_at: "2026-11-23T08:29:00" } },
      { status: "offline", last_seen_at: null },
      "/data/last_seen_at",
    ],
    ["a sequence that is a number", { sequence: 7 }, { status: "offline" }, "/sequence"],
    [
      "an added device with many",
      {
        type: "com.convergint.device.added.v1",
        data: {
          name: "Gate",
          type: "camera",
          status: "degraded",
          hostname: "x".repeat(300),
          site: { address: { country: "USA" }, coordinates: { latitude: 91, longitude: 0 } },
          admin_state: 7,
        },
      },
      { status: "degraded", name: "Gate", type: "camera" },
      "/data/hostname",
    ],
    [
      "a status of an added device that is a number",
      { type: "com.convergint.device.added.v1", data: { name: "Gate", type: "camera", status: 7 } },
      { status: null, name: "Gate" },
      "/data/status",
    ],
  ])("takes effect without it, and is stored as signed: %s", async (_, more, expected, pointer) => {
    const event = fresh(more);
    expect((await at.deliver(event)).status).toBe(204);
    expect(await stored(event.id)).toMatchObject([{ event }]);
    expect((await at.device(event.data.device_id)).body).toMatchObject(expected);
    await expect
      .poll(async () => (await at.server.get("/v1/refused-deliveries?limit=1000")).body.data, PATIENT)
      .toContainEqual(
        expect.objectContaining({
          status: 204,
          code: "invalid_member",
          signed: true,
          detail: expect.stringContaining(`event ${event.id}, ${pointer} is `),
          body: JSON.stringify(event),
        }),
      );
  });

  test("takes effect, whatever invalid values the optional members have", () => {
    const optional = Object.keys(deviceSchema.shape).filter(
      (name) => !["device_id", "org_id", "site_id", "name", "type", "status"].includes(name),
    );
    const rubbish = fc.constantFrom<unknown>(
      ...[7, true, "", "x".repeat(5000), "2026-11-23T08:30:00", [], [7], {}, { coordinates: {} }],
    );
    const arrival = { integrationId: "int_a", receivedAt: new Date("2026-11-23T09:00:00Z"), byWebhook: true };
    fc.assert(
      fc.property(
        fc.constantFrom("status_changed", "added", "updated"),
        fc.constantFrom("online", "degraded", "offline", "unknown"),
        fc.dictionary(fc.constantFrom(...optional), rubbish, { maxKeys: optional.length }),
        fc.dictionary(fc.constantFrom("subject", "datacontenttype", "dataschema", "sequence"), rubbish),
        (type, status, members, attributes) => {
          const event = statusChanged({
            ...attributes,
            type: `com.convergint.device.${type}.v1`,
            data: { name: "N", type: "camera", ...members, status },
          });
          const text = JSON.stringify(event);
          const accepted = acceptEvent(event, text, arrival).event;
          expect(accepted).toMatchObject({ body: text, effect: { observation: { status } } });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("is recorded and logged once an hour for each member, and counted each time", async () => {
    const clock = createTestClock();
    const own = await startOnboarded({ settings: { clock } });
    const reported = async () => (await own.server.get("/v1/refused-deliveries")).body.data.length;
    const invalid = (n: number, member: string) =>
      statusChanged({ id: `evt-${n}`, time: new Date(clock.now()).toISOString(), data: { [member]: 7 } });
    for (const n of [1, 2, 3]) {
      expect((await own.deliver(invalid(n, "status_reason"))).status).toBe(204);
    }
    await expect.poll(reported, PATIENT).toBe(1);
    await own.deliver(invalid(4, "vendor_status"));
    await expect.poll(reported, PATIENT).toBe(2);
    clock.advance(60 * 60 * 1000);
    const batch = JSON.stringify([invalid(5, "status_reason"), invalid(6, "vendor_status")]);
    const { status, body } = await own.deliver(batch, { ...BATCH, id: "batch-1" });
    expect({ status, body }).toEqual({ status: 200, body: { accepted: 2, refused: [] } });
    await expect.poll(reported, PATIENT).toBe(3);
    const lines = own.server.logged.filter((line) => line.includes("without its invalid members"));
    expect(lines).toHaveLength(3);
    expect((await own.server.get("/metrics")).text).toMatch(
      /faults_total\{integration_id="[^"]+",source="webhook",effect="dropped"\} 6/,
    );
    await own.close();
  });
});

describe("a refused delivery", () => {
  const secret = () => at.vendor.webhookSecret;
  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
  const cases: readonly (readonly [string, number, string, boolean, () => Promise<Answer>])[] = [
    [
      "the secret of another integration",
      401,
      "wrong_signature",
      false,
      () => at.deliver(fresh(), { secret: generateSecret() }),
    ],
    [
      "a signature over other bytes",
      401,
      "wrong_signature",
      false,
      () => at.deliver(fresh(), { headers: { "webhook-signature": `v1,${"A".repeat(43)}=` } }),
    ],
    [
      "only a signature of another scheme",
      401,
      "wrong_signature",
      false,
      () => at.deliver(fresh(), { headers: { "webhook-signature": "v1a,AAAA" } }),
    ],
    [
      "the id of another delivery under this signature",
      401,
      "wrong_signature",
      false,
      () => at.deliver(fresh(), { headers: { "webhook-id": "another" } }),
    ],
    [
      "a timestamp of 6 minutes ago",
      401,
      "stale_timestamp",
      false,
      () => at.deliver(fresh(), { timestamp: ago(360) }),
    ],
    [
      "a timestamp 6 minutes ahead",
      401,
      "stale_timestamp",
      false,
      () => at.deliver(fresh(), { timestamp: ago(-360) }),
    ],
    ...["webhook-id", "webhook-timestamp", "webhook-signature"].map(
      (name) =>
        [
          `no ${name}`,
          401,
          "missing_signature",
          false,
          () => at.deliver(fresh(), { headers: { [name]: undefined } }),
        ] as const,
    ),
    ["text that is not JSON", 400, "not_json", true, () => at.deliver("{nope", {})],
    ["an empty body", 400, "not_json", true, () => at.deliver("", {})],
    [
      "bytes that are not UTF-8",
      400,
      "not_json",
      true,
      () => {
        const bytes = Buffer.from(JSON.stringify(fresh({ id: "evt-utf8", data: { status_reason: "~" } })));
        bytes[bytes.indexOf("~")] = 0xff;
        return at.deliver(new Uint8Array(bytes), { id: "evt-utf8" });
      },
    ],
    ["JSON that is not an object", 400, "not_an_event", true, () => at.deliver("[]", {})],
    [
      "an event without an org",
      400,
      "not_an_event",
      true,
      () => at.deliver(fresh({ data: { org_id: undefined } })),
    ],
    [
      "an event of another specversion",
      400,
      "not_an_event",
      true,
      () => at.deliver(fresh({ specversion: "0.3" })),
    ],
    [
      "an event with a local time",
      400,
      "not_an_event",
      true,
      () => at.deliver(fresh({ time: "2026-11-23T08:30:00-06:00" })),
    ],
    [
      "a status change without a status",
      400,
      "invalid_event",
      true,
      () => at.deliver(fresh({ data: { status: undefined } })),
    ],
    ...(
      [
        ["with duplicate member names", '"data":{', '"data":{"status":"online",'],
        ["with a member named __proto__", '"data":{', '"data":{"__proto__":{"polluted":true},'],
        [
          "that is nested too deeply",
          '"data":{',
          `"data":{"deep":${"[".repeat(100_000)}${"]".repeat(100_000)},`,
        ],
      ] as const
    ).map(
      ([what, part, instead]) =>
        [
          `an event ${what}`,
          400,
          "not_json",
          true,
          () => {
            const event = fresh();
            return at.deliver(JSON.stringify(event).replace(part, instead), { id: event.id });
          },
        ] as const,
    ),
    ...["gzip", "br"].map(
      (coding) =>
        [
          `a body with the content-encoding ${coding}`,
          415,
          "unsupported_media_type",
          false,
          () => at.deliver(fresh(), { headers: { "content-encoding": coding } }),
        ] as const,
    ),
    [
      "a status change to a number",
      400,
      "invalid_event",
      true,
      () => at.deliver(fresh({ data: { status: 7 } })),
    ],
    [
      "a heartbeat without last_seen_at",
      400,
      "invalid_event",
      true,
      () => at.deliver(fresh({ type: "com.convergint.device.heartbeat.v1" })),
    ],
    [
      "a device id that cannot be stored",
      400,
      "invalid_event",
      true,
      () => at.deliver(fresh({ data: { device_id: "\ud800" } })),
    ],
    [
      "a webhook-id that is not the event's",
      400,
      "id_mismatch",
      true,
      () => at.deliver(fresh(), { id: "another" }),
    ],
    [
      "the media type application/json",
      415,
      "unsupported_media_type",
      true,
      () => at.deliver(fresh(), { headers: { "content-type": "application/json" } }),
    ],
    [
      "a single event with the media type of a batch",
      400,
      "not_an_event",
      true,
      () => at.deliver(fresh(), BATCH),
    ],
    ["an empty batch", 400, "not_an_event", true, () => at.deliver("[]", BATCH)],
    [
      "a batch of more than a hundred",
      400,
      "not_an_event",
      true,
      () => at.deliver(JSON.stringify(Array.from({ length: 101 }, () => fresh())), BATCH),
    ],
    [
      "more than 256 KiB",
      413,
      "payload_too_large",
      false,
      () => at.deliver(fresh({ data: { x: "x".repeat(256 * 1024) } })),
    ],
    [
      "an unknown integration",
      404,
      "unknown_integration",
      false,
      () => deliver(`${at.server.url}/webhooks/int_none`, fresh(), { secret: secret() }),
    ],
  ];

  test("an integration id made up by the sender is counted as unknown, whatever the answer", async () => {
    const made = `${at.server.url}/webhooks/int_made_up`;
    await deliver(made, fresh(), { secret: secret() });
    await deliver(made, fresh({ data: { x: "x".repeat(256 * 1024) } }), { secret: secret() });
    const { text } = await at.server.get("/metrics");
    expect(text).not.toContain("int_made_up");
    for (const result of ["404", "413"])
      expect(text).toMatch(new RegExp(`integration_id="unknown",result="${result}"`));
  });

  test.each(cases)("%s: %i %s", async (_, status, code, kept, send) => {
    const before = (await stored()).length;
    const listed = async () =>
      (await at.server.get("/v1/refused-deliveries?limit=1000")).body.data.filter(
        (refused: { code: string }) => !NOT_SIGNED.includes(refused.code),
      );
    const refusedBefore = (await listed()).length;
    expectRefusal(await send(), status, code);
    expect(await stored()).toHaveLength(before);
    // If the vendor signed the delivery, it is the refused delivery is recorded before the answer is sent.
    const after = await listed();
    expect(after.length - refusedBefore).toBe(kept ? 1 : 0);
    if (kept) expect(after[0]).toMatchObject({ integration_id: at.integrationId, code });
  });

  test("that does not verify is recorded with the mistake and the line to change, and no secret", async () => {
    const clock = createTestClock();
    const own = await startOnboarded({ settings: { clock } });
    const event = fresh();
    const seconds = String(Math.floor(Date.now() / 1000));
    const signed = `${event.id}.${seconds}.${JSON.stringify(event)}`;
    const hex = createHmac("sha256", own.vendor.webhookSecret).update(signed).digest("hex");
    const headers = { "webhook-timestamp": seconds, "webhook-signature": `v1,${hex}` };
    const answer = await own.deliver(event, { headers });
    expectRefusal(answer, 401, "wrong_signature");
    expect(answer.text).not.toMatch(/hex/i);
    const listRefused = async () => (await own.server.get("/v1/refused-deliveries")).body.data;
    await expect.poll(listRefused).toHaveLength(1);
    const data = await listRefused();
    expect(data[0]).toMatchObject({ integration_id: own.integrationId, code: "wrong_signature" });
    expect(data[0]).toMatchObject({ status: 401, signed: false });
    expect(data[0].diagnosis).toMatch(/hex/i);
    expect(data[0].diagnosis).toMatch(/base64/);
    expect(JSON.stringify(data)).not.toContain(own.vendor.webhookSecret.slice("whsec_".length));

    // Every delivery of a flood is answered, but only five are diagnosed, because the clock stands still.
    const flood = await Promise.all(Array.from({ length: 60 }, () => own.deliver(fresh(), { headers })));
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([401]));
    const countRefused = async () =>
      (await own.server.get("/v1/refused-deliveries?limit=1000")).body.data.length as number;
    await expect.poll(countRefused).toBe(5);
    clock.advance(1000);
    await own.deliver(fresh(), { headers });
    await expect.poll(countRefused).toBe(6);
    await own.close();
  });

  test("counts as a refused webhook only if the vendor's key signed it", async () => {
    const clock = createTestClock();
    const own = await startOnboarded({ settings: { clock }, more: { fast_poll_seconds: 60 } });
    // Only refusals after the integration was created count.
    clock.advance(1000);
    const event = fresh();
    const seconds = String(Math.floor(Date.now() / 1000));
    const message = `${event.id}.${seconds}.${JSON.stringify(event)}`;
    const sign = (key: string) => createHmac("sha256", key).update(message).digest("base64");
    const post = (signature: string | undefined) =>
      own.deliver(event, { headers: { "webhook-timestamp": seconds, "webhook-signature": signature } });
    const listRefused = async () => (await own.server.get("/v1/refused-deliveries")).body.data;
    const webhooks = async () =>
      (await own.server.get(`/v1/integrations/${own.integrationId}`)).body.webhooks.state;
    // Anyone can send these: without a signature, with a random one, and with one that no secret makes.
    const forged = [undefined, `v1,${Buffer.alloc(32, 7).toString("base64")}`, `v1,${sign("")}`];
    for (const signature of forged) expect((await post(signature)).status).toBe(401);
    await expect.poll(listRefused).toHaveLength(3);
    clock.advance(150_000);
    await own.sync();
    expect(await webhooks()).toBe("ok");
    // The vendor uses its secret as text.
    expectRefusal(await post(`v1,${sign(own.vendor.webhookSecret)}`), 401, "wrong_signature");
    await expect.poll(listRefused).toHaveLength(4);
    await clock.advanceUntil(async () => (await webhooks()) === "refused");
    await own.close();
  });

  test("whose explanation takes very long is recorded without it", async () => {
    const clock = createTestClock();
    const own = await startOnboarded({ settings: { clock } });
    const seconds = String(Math.floor(Date.now() / 1000));
    const headers = {
      "webhook-timestamp": seconds,
      "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}`,
    };
    // Rewriting these numbers takes far longer than the clock needs to advance by the limit.
    const body = `[${"1.50,".repeat(52_000)}1.50]`;
    expectRefusal(await own.deliver(body, { id: "slow", headers }), 401, "wrong_signature");
    const listRefused = async () => (await own.server.get("/v1/refused-deliveries")).body.data;
    await clock.advanceUntil(async () => (await listRefused()).length === 1);
    const [{ diagnosis }] = await listRefused();
    expect(diagnosis).toMatch(/was stopped because it took too long/);
    await own.close();
  });

  test("without a content length is cut off at 256 KiB", async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < 300; sent += 1) controller.enqueue(new Uint8Array(1024));
        controller.close();
      },
    });
    const answer = await call(at.webhookUrl, { method: "POST", body, duplex: "half" } as RequestInit);
    expectRefusal(answer, 413, "payload_too_large");
  });

  test("of exactly 256 KiB is accepted", async () => {
    const event = fresh({ data: { x: "" } });
    const room = 256 * 1024 - JSON.stringify(event).length;
    const full = { ...event, data: { ...event.data, x: "x".repeat(room) } };
    expect((await at.deliver(full)).status).toBe(204);
  });
});

describe("a batch", () => {
  const batch = (...events: readonly unknown[]) =>
    at.deliver(JSON.stringify(events), { ...BATCH, id: `batch_${randomUUID()}` });

  test("is accepted event by event: an invalid one is named and does not affect the others", async () => {
    const [first, last] = [fresh(), fresh({ type: "com.example.coffee.ready.v7" })];
    const bad = fresh({ data: { status: null } });
    const answer = await batch(first, bad, "no event", last);
    expect(answer.status).toBe(200);
    expect(batchAnswerSchema.parse(answer.body)).toMatchObject({
      accepted: 2,
      refused: [
        { index: 1, id: bad.id, code: "invalid_event", detail: expect.stringContaining("/data/status") },
        { index: 2, code: "not_an_event" },
      ],
    });
    for (const { id } of [first, last]) expect(await stored(id)).toHaveLength(1);
    expect(await stored(bad.id)).toEqual([]);
    // Deliveries of earlier tests may be recorded later, because they are explained first.
    const { body } = await at.server.get("/v1/refused-deliveries?limit=1000");
    expect(body.data).toContainEqual(
      expect.objectContaining({
        code: "invalid_event",
        detail: expect.stringMatching(/^2 events of the batch/),
      }),
    );
  });

  test("that is repeated, or whose events are duplicates, changes nothing", async () => {
    const [before, other] = [fresh(), fresh()];
    await at.deliver(before);
    for (let time = 0; time < 2; time += 1)
      expect((await batch(before, other, other)).body).toEqual({ accepted: 3, refused: [] });
    for (const { id } of [before, other]) expect(await stored(id)).toHaveLength(1);
  });

  test("applies the latest observation, whatever the order of its events", async () => {
    const device_id = randomUUID();
    const later = fresh({ time: "2026-11-23T08:31:00Z", data: { device_id, status: "degraded" } });
    const earlier = fresh({ time: "2026-11-23T08:30:00Z", data: { device_id, status: "offline" } });
    await batch(later, earlier);
    expect((await at.device(device_id)).body.status).toBe("degraded");
  });
});

describe("the same event", () => {
  test("from 20 connections at once is acknowledged on all and stored once", async () => {
    const event = fresh();
    const answers = await Promise.all(Array.from({ length: 20 }, () => at.deliver(event)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 204));
    expect(await stored(event.id)).toHaveLength(1);
  });

  test("with another body has no second effect", async () => {
    const event = fresh();
    await at.deliver(event);
    const again = { ...event, time: "2026-11-23T08:59:00Z", data: { ...event.data, status: "online" } };
    expect((await at.deliver(again)).status).toBe(204);
    expect((await at.device(event.data.device_id)).body.status).toBe("offline");
  });

  test("id from another source is another event", async () => {
    const event = fresh();
    await at.deliver(event);
    expect((await at.deliver({ ...event, source: "urn:stand-in:other" })).status).toBe(204);
    expect(await stored(event.id)).toHaveLength(2);
  });
});

describe("events of one device", () => {
  test("out of order: the latest time wins", async () => {
    const [device_id] = ["cam-order"];
    const at830 = fresh({ time: "2026-11-23T08:30:00Z", data: { device_id, status: "offline" } });
    const at820 = fresh({ time: "2026-11-23T08:20:00Z", data: { device_id, status: "online" } });
    const at840 = fresh({ time: "2026-11-23T08:40:00Z", data: { device_id, status: "degraded" } });
    for (const [event, status] of [
      [at830, "offline"],
      [at820, "offline"],
      [at840, "degraded"],
    ] as const) {
      expect((await at.deliver(event)).status).toBe(204);
      expect((await at.device("cam-order")).body.status).toBe(status);
    }
  });

  test("a time far in the future is stored as sent and does not block later events", async () => {
    const device_id = "cam-future";
    const ahead = fresh({ time: "2099-01-01T00:00:00Z", data: { device_id, status: "offline" } });
    await at.deliver(ahead);
    expect((await stored(ahead.id))[0].event.time).toBe("2099-01-01T00:00:00Z");
    await at.deliver(
      fresh({ time: new Date(Date.now() + 1000).toISOString(), data: { device_id, status: "online" } }),
    );
    expect((await at.device(device_id)).body.status).toBe("online");
  });
});

describe("secrets and integrations", () => {
  test("each of two current secrets is accepted, and a third is not", async () => {
    const [old, current, other] = [generateSecret(), generateSecret(), generateSecret()];
    const { body } = await onboard(at.server, at.vendor, { webhook_secrets: [old, current] });
    const send = (secret: string) => deliver(body.webhook_url, fresh(), { secret });
    expect([(await send(old)).status, (await send(current)).status]).toEqual([204, 204]);
    expectRefusal(await send(other), 401, "wrong_signature");
    const both = await deliver(body.webhook_url, fresh(), { secret: [other, current] });
    expect(both.status).toBe(204);
  });

  test("without a secret, every delivery is refused", async () => {
    const vendor = await startVendor();
    vendor.manifest = { webhooks: null };
    const { body } = await onboard(at.server, vendor);
    const answer = await deliver(body.webhook_url, fresh(), { secret: generateSecret() });
    expectRefusal(answer, 401, "wrong_signature");
    await vendor.close();
  });

  test("two integrations with the same ids never mix", async () => {
    const [one, two] = await Promise.all([startVendor(), startVendor()]);
    const [a, b] = [(await onboard(at.server, one)).body, (await onboard(at.server, two)).body];
    const event = fresh({ id: "evt-same", data: { device_id: "cam-same" } });
    const other = { ...event, data: { ...event.data, status: "online" } };
    expect((await deliver(a.webhook_url, event, { secret: one.webhookSecret })).status).toBe(204);
    expect((await deliver(b.webhook_url, other, { secret: two.webhookSecret })).status).toBe(204);
    expect(await stored("evt-same")).toHaveLength(2);
    const statusAt = async (integration: string) =>
      (await at.server.get(`/v1/integrations/${integration}/devices/cam-same`)).body.status;
    expect(await statusAt(a.integration_id)).toBe("offline");
    expect(await statusAt(b.integration_id)).toBe("online");
    expectRefusal(
      await deliver(b.webhook_url, fresh(), { secret: one.webhookSecret }),
      401,
      "wrong_signature",
    );
    await Promise.all([one.close(), two.close()]);
  });
});

describe("a sender that asks whether it may deliver", () => {
  const ask = (url: string, headers: Readonly<Record<string, string>>) =>
    call(url, { method: "OPTIONS", headers, redirect: "manual" });
  const answered = ({ status, headers, text }: Answer) => ({
    status,
    origin: headers.get("webhook-allowed-origin"),
    rate: headers.get("webhook-allowed-rate"),
    text,
  });

  test("gets no answer by default", async () => {
    const answer = await ask(at.webhookUrl, { "webhook-request-origin": "eventgrid.azure.net" });
    expectRefusal(answer, 405, "method_not_allowed");
    expect(answered(answer)).toMatchObject({ origin: null, rate: null });
  });

  test("may if the operator named it, whatever the path and the rate, and no one else may", async () => {
    const other = await startOnboarded({ settings: { allowWebhookOrigins: ["EventGrid.azure.net"] } });
    const headers = { "webhook-request-origin": "eventgrid.azure.net", "webhook-request-rate": "120" };
    const allowed = { status: 200, origin: "eventgrid.azure.net", rate: "*", text: "" };
    const unknown = `${other.server.url}/webhooks/int_unknown`;
    for (const url of [other.webhookUrl, unknown]) expect(answered(await ask(url, headers))).toEqual(allowed);
    const refusals: Answer[] = [];
    for (const url of [other.webhookUrl, unknown]) {
      for (const origin of [
        "",
        "*",
        "evil.example",
        "x.eventgrid.azure.net",
        "eventgrid.azure.net, evil.example",
      ])
        refusals.push(await ask(url, { "webhook-request-origin": origin }));
      refusals.push(
        await ask(url, { origin: "https://eventgrid.azure.net", "access-control-request-method": "POST" }),
      );
    }
    // One answer to all, so it shows neither which integrations exist nor which senders are named.
    for (const answer of refusals) {
      expectRefusal(answer, 405, "method_not_allowed");
      expect(answered(answer)).toEqual({ status: 405, origin: null, rate: null, text: refusals[0]?.text });
    }
    // A question is not a delivery.
    expect((await other.server.get("/metrics")).text).not.toMatch(
      /deliveries_total\{[^}]*result="(200|405)"/,
    );
    await other.close();
  });

  test("is answered without its body being read", async () => {
    const other = await startOnboarded({ settings: { allowWebhookOrigins: ["sender.example"] } });
    const headers = { "webhook-request-origin": "sender.example", "content-type": "application/json" };
    expect((await call(other.webhookUrl, { method: "OPTIONS", headers, body: '{"' })).status).toBe(200);
    await other.close();
  });
});
