import { generateKeyPair, generateSecret } from "@convergint/webhooks";
import { describe, expect } from "vitest";
import type { OutgoingEvent } from "./event.ts";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { startReceiver } from "./testing/receiver.ts";
import { createTurnableClock, encryptionKey, event, quiet, until, verifies } from "./testing/world.ts";

describeOnEveryStore("an outbox on", (it) => {
  describe("enqueue", () => {
    it("delivers an event, signed, as its exact JSON", async ({ start }) => {
      await using hooks = await startReceiver(204);
      const { outbox, errors } = await start();
      const { secret } = await outbox.registerEndpoint({ url: hooks.url });
      const sent = event();
      await outbox.enqueue(sent);
      const [received] = await hooks.receives(1);
      expect(received?.body).toBe(JSON.stringify(sent));
      expect(received?.id).toBe(sent.id);
      expect(received?.headers["content-type"]).toBe("application/cloudevents+json");
      expect(received && (await verifies(received, secret))).toBe(true);
      await quiet();
      expect(hooks.received).toHaveLength(1);
      expect(errors).toEqual([]);
    });

    it("signs with the secret that a consumer created, and refuses one that cannot sign", async ({
      start,
    }) => {
      await using hooks = await startReceiver(204);
      const { outbox } = await start();
      const created = generateSecret();
      const { secret } = await outbox.registerEndpoint({ url: hooks.url, secret: created });
      expect(secret).toBe(created);
      await outbox.enqueue(event());
      const [received] = await hooks.receives(1);
      expect(received && (await verifies(received, created))).toBe(true);
      const registering = outbox.registerEndpoint({ url: hooks.url, secret: "whsec_c2hvcnQ=" });
      await expect(registering).rejects.toMatchObject({
        code: "invalid_option",
        message: expect.not.stringContaining("c2hvcnQ"),
      });
    });

    it("reaches only the endpoints that subscribe to the event", async ({ start }) => {
      await using all = await startReceiver(204);
      await using orgs = await startReceiver(204);
      await using types = await startReceiver(204);
      await using none = await startReceiver(204);
      const { outbox } = await start();
      await outbox.registerEndpoint({ url: all.url });
      await outbox.registerEndpoint({ url: orgs.url, orgIds: ["org_2", "org_3"] });
      await outbox.registerEndpoint({ url: types.url, eventTypes: ["example.other.v1"], orgIds: ["org_1"] });
      await outbox.registerEndpoint({ url: none.url, orgIds: [] });
      const [one, two, three] = [event(), event({ org: "org_2" }), event({ type: "example.other.v1" })];
      await Promise.all([one, two, three].map((each) => outbox.enqueue(each)));
      await Promise.all([all.receives(3), orgs.receives(1), types.receives(1)]);
      await quiet();
      expect(orgs.received.map(({ id }) => id)).toEqual([two.id]);
      expect(types.received.map(({ id }) => id)).toEqual([three.id]);
      expect(none.received).toEqual([]);
    });

    it("for one endpoint reaches only that endpoint, whatever events the endpoint subscribed to", async ({
      start,
    }) => {
      await using pinged = await startReceiver(204);
      await using other = await startReceiver(204);
      const { outbox } = await start();
      const { endpointId } = await outbox.registerEndpoint({ url: pinged.url, eventTypes: [] });
      await outbox.registerEndpoint({ url: other.url });
      await outbox.enqueue(event(), { endpointId });
      await pinged.receives(1);
      await quiet();
      expect(other.received).toEqual([]);
      await expect(outbox.enqueue(event(), { endpointId: "we_no" })).rejects.toMatchObject({
        code: "unknown_endpoint",
      });
    });

    it("ignores a duplicate event and refuses a different one with its id", async ({ start }) => {
      await using hooks = await startReceiver(204);
      const { outbox } = await start();
      await outbox.registerEndpoint({ url: hooks.url });
      const sent = event();
      const same = { ...sent };
      const other = { ...sent, subject: "another" };
      await Promise.all([outbox.enqueue(sent), outbox.enqueue(same)]);
      await outbox.enqueue(sent);
      await expect(outbox.enqueue(other)).rejects.toMatchObject({ code: "event_id_reused" });
      const together = event();
      const results = await Promise.allSettled([
        outbox.enqueue(together),
        outbox.enqueue({ ...together, subject: "another" }),
        outbox.enqueue(event()),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      await hooks.receives(3);
      await quiet();
      expect(hooks.received).toHaveLength(3);
    });

    it.for<[string, OutgoingEvent, string]>([
      ["no id", { ...event(), id: "" }, "invalid_event"],
      ["an id with a dot", { ...event(), id: "evt.1" }, "invalid_event"],
      ["no type", { ...event(), type: "" }, "invalid_event"],
      ["no org", { ...event(), data: { org_id: "" } }, "invalid_event"],
      ["more bytes than consumers accept", event({ type: "x".repeat(256 * 1024) }), "event_too_large"],
    ])("refuses an event with %s", async ([_name, wrong, code], { open }) => {
      const { outbox } = await open();
      await expect(outbox.enqueue(wrong)).rejects.toMatchObject({ name: "DeliveryError", code });
    });

    it("stores any text unchanged", async ({ start }) => {
      await using hooks = await startReceiver(204);
      const { outbox } = await start();
      await outbox.registerEndpoint({ url: hooks.url });
      const odd = { ...event(), subject: 'a\u0000b\ud800"\\ \u2028 é 🔒' };
      await outbox.enqueue(odd);
      const [received] = await hooks.receives(1);
      expect(received?.body).toBe(JSON.stringify(odd));
    });
  });

  describe("an endpoint", () => {
    it("is listed without its secret, for its owner, until it is deleted", async ({ open }) => {
      const { outbox } = await open();
      const { secret, ...endpoint } = await outbox.registerEndpoint({
        url: "http://127.0.0.1:9/",
        owner: "credential_1",
        orgIds: ["org_1"],
        batch: { maxEvents: 10 },
      });
      expect(secret).toMatch(/^whsec_/);
      expect(await outbox.listEndpoints({ owner: "credential_1" })).toEqual([endpoint]);
      expect(await outbox.listEndpoints()).toEqual([endpoint]);
      expect(await outbox.listEndpoints({ owner: "credential_2" })).toEqual([]);
      expect(endpoint).toMatchObject({
        orgIds: ["org_1"],
        eventTypes: null,
        batch: { maxEvents: 10, maxBytes: 262_144, maxAgeSeconds: 1 },
        state: "active",
        probeAt: null,
      });
      expect(await outbox.deleteEndpoint(endpoint.endpointId)).toBe(true);
      expect(await outbox.deleteEndpoint(endpoint.endpointId)).toBe(false);
      expect(await outbox.listEndpoints()).toEqual([]);
    });

    it("gets nothing more, not even retries, after any process deletes it", async ({ start, open }) => {
      await using hooks = await startReceiver(500);
      const clock = createTurnableClock();
      const { outbox, reports } = await start({ retryScheduleSeconds: [3600], clock });
      const elsewhere = await open({ clock });
      const { endpointId } = await outbox.registerEndpoint({ url: hooks.url });
      await outbox.enqueue(event());
      // The retry is planned when the outcome is stored.
      await until(() => expect(reports).toHaveLength(1));
      await elsewhere.outbox.deleteEndpoint(endpointId);
      await elsewhere.outbox.enqueue(event());
      clock.turn(1.3 * 3_600_000);
      await quiet();
      expect(hooks.received).toHaveLength(1);
      // Registering the same id again does not bring back the old deliveries.
      hooks.reply(204);
      await outbox.registerEndpoint({ endpointId, url: hooks.url });
      const last = event();
      await outbox.enqueue(last);
      await hooks.receives(2);
      await quiet();
      expect(hooks.received.slice(1).map(({ id }) => id)).toEqual([last.id]);
    });

    it("is signed for by both secrets after a rotation, and by only the new one after the overlap", async ({
      start,
    }) => {
      await using hooks = await startReceiver(204);
      const clock = createTurnableClock();
      const { outbox } = await start({ clock });
      const { endpointId, secret: first } = await outbox.registerEndpoint({ url: hooks.url });
      const rotations = [0, 1].map(() => outbox.rotateSecret(endpointId, { overlapSeconds: 3_600 }));
      const [second, third] = await Promise.all(rotations);
      await outbox.enqueue(event());
      const [overlapping] = await hooks.receives(1);
      if (!overlapping || !second || !third) throw new Error("nothing was received");
      for (const secret of [first, second.secret, third.secret])
        expect(await verifies(overlapping, secret)).toBe(true);

      clock.turn(3_601_000);
      const now = new Date(clock.now());
      await outbox.enqueue(event());
      const [, after] = await hooks.receives(2);
      if (!after) throw new Error("nothing was received");
      expect(await verifies(after, first, now)).toBe(false);
      // After the overlap, only the secret of the later rotation signs.
      const valid = await Promise.all([second, third].map(({ secret }) => verifies(after, secret, now)));
      expect(valid.toSorted()).toEqual([false, true]);

      const { previousExpiresAt } = await outbox.rotateSecret(endpointId);
      expect(previousExpiresAt.getTime() - clock.now()).toBeGreaterThan(86_000_000);
      await expect(outbox.rotateSecret("we_no")).rejects.toMatchObject({ code: "unknown_endpoint" });
    });

    it("has its secrets encrypted in the store and bound to it", async ({ open, database }) => {
      const { outbox } = await open();
      const [one, two] = [
        await outbox.registerEndpoint({ url: "http://127.0.0.1:9/" }),
        await outbox.registerEndpoint({ url: "http://127.0.0.1:9/" }),
      ];
      const store = await database.open();
      const kept = Buffer.from((await store.endpoint(one.endpointId))?.secrets ?? []);
      expect(kept.includes(one.secret.slice(6))).toBe(false);
      // A stored secret cannot be decrypted for another endpoint.
      const other = await store.endpoint(two.endpointId);
      if (other) await store.saveEndpoint({ ...other, secrets: kept });
      await expect(outbox.rotateSecret(two.endpointId)).rejects.toMatchObject({ code: "cannot_decrypt" });
      await store.close();
    });

    it("whose secrets cannot be decrypted is skipped and reported", async ({ start, open }) => {
      await using hooks = await startReceiver(204);
      const { outbox } = await open();
      await outbox.registerEndpoint({ url: hooks.url });
      await outbox.enqueue(event());
      const other = await start({ encryptionKey: Buffer.alloc(32).toString("base64"), leaseSeconds: 1 });
      await until(() =>
        expect(other.errors).toContainEqual(expect.objectContaining({ code: "cannot_decrypt" })),
      );
      await other.outbox.close();
      expect(other.errors.length).toBeLessThan(5);
      expect(hooks.received).toEqual([]);
      outbox.start();
      await hooks.receives(1);
    });

    it.for([
      "http://hooks.example.com/",
      "https://10.0.0.1/",
      "https://169.254.169.254/latest",
      "https://user:password@hooks.example.com/",
      "not a url",
    ])("is not registered at %s", async (url, { open }) => {
      const { outbox } = await open();
      await expect(outbox.registerEndpoint({ url })).rejects.toMatchObject({ code: "invalid_destination" });
    });

    it("is not registered on this machine except in a sandbox", async ({ open }) => {
      const { outbox } = await open({ allowLoopback: false });
      await expect(outbox.registerEndpoint({ url: "https://127.0.0.1/" })).rejects.toMatchObject({
        code: "invalid_destination",
      });
    });
  });

  it("also signs with the vendor's private key", async ({ start, open }) => {
    await using hooks = await startReceiver(204);
    const { privateKey, publicKey } = await generateKeyPair();
    const { outbox } = await start({ signingKeys: [privateKey] });
    const { secret } = await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    const [received] = await hooks.receives(1);
    if (!received) throw new Error("nothing was received");
    expect(await verifies(received, secret)).toBe(true);
    expect(await verifies(received, publicKey)).toBe(true);
    await expect(open({ signingKeys: [publicKey] })).rejects.toMatchObject({ code: "invalid_option" });
  });

  it.for([
    { encryptionKey: "c2hvcnQ=" },
    { retryScheduleSeconds: [] },
    { retryScheduleSeconds: [5, 0] },
    { concurrencyPerEndpoint: 0 },
    { retryScheduleSeconds: [3_600], retentionHours: 1 },
    { leaseSeconds: Number.NaN },
  ])("refuses to open with %j", async (options, { open }) => {
    await expect(open(options)).rejects.toMatchObject({ code: "invalid_option" });
  });

  it("refuses calls once closed", async ({ open }) => {
    const { outbox } = await open({ encryptionKey });
    await outbox.close();
    await outbox.close();
    await expect(outbox.enqueue(event())).rejects.toMatchObject({ code: "closed" });
  });
});

describeOnEveryStore("listing published events from", (it) => {
  it("returns the posted bytes in order, delivered or not, page by page", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const { outbox } = await start();
    const undelivered = event();
    await outbox.enqueue(undelivered);
    const { endpointId } = await outbox.registerEndpoint({ url: hooks.url });
    const delivered = [event(), event({ org: "org_2" }), event()];
    for (const each of delivered) await outbox.enqueue(each);
    await outbox.enqueue(event(), { endpointId });
    await hooks.receives(4);

    const since = new Date(0);
    const all = await outbox.publishedEvents({ since });
    expect(all.map(({ eventId }) => eventId)).toEqual([undelivered, ...delivered].map(({ id }) => id));
    expect(hooks.received.map(({ body }) => body)).toEqual(
      expect.arrayContaining(all.slice(1).map(({ body }) => body)),
    );
    const [first, second] = await outbox.publishedEvents({ since, limit: 2 });
    expect([first, second]).toEqual(all.slice(0, 2));
    const rest = await outbox.publishedEvents({ since, afterSequence: second?.sequence ?? 0, limit: 2 });
    expect(rest).toEqual(all.slice(2));
    const ofOrg = await outbox.publishedEvents({ since, orgIds: ["org_2"] });
    expect(ofOrg).toMatchObject([{ orgId: "org_2", eventId: delivered[1]?.id, type: delivered[1]?.type }]);
    expect(await outbox.publishedEvents({ since, orgIds: [] })).toEqual([]);
  });

  it("includes events published exactly at since, not earlier ones", async ({ start }) => {
    const { outbox } = await start();
    await outbox.enqueue(event());
    const [only] = await outbox.publishedEvents({ since: new Date(0) });
    const moment = only?.publishedAt ?? 0;
    expect(Math.abs(moment - Date.now())).toBeLessThan(5_000);
    expect(await outbox.publishedEvents({ since: new Date(moment) })).toEqual([only]);
    expect(await outbox.publishedEvents({ since: new Date(moment + 1) })).toEqual([]);
  });

  it.for([
    { since: new Date(Number.NaN) },
    { since: new Date(0), limit: 1.5 },
    { since: new Date(0), afterSequence: -1 },
  ])("refuses %j", async (request, { start }) => {
    const { outbox } = await start();
    await expect(outbox.publishedEvents(request)).rejects.toMatchObject({ code: "invalid_option" });
  });
});
