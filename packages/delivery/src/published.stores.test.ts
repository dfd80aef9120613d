import { expect } from "vitest";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { startReceiver } from "./testing/receiver.ts";
import { event } from "./testing/world.ts";

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
