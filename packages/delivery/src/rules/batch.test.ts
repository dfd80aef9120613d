import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batchable, completeBatchSettings, cutBatch, joinBatch } from "./batch.ts";

const settings = { maxEvents: 3, maxBytes: 1_024, maxAgeSeconds: 10 };
const waiting = (...bytes: number[]): Batchable[] =>
  bytes.map((each, index) => ({ deliveryId: index, bytes: each, since: 1_000 + index }));

describe("cutBatch", () => {
  it.each([
    ["nothing from nothing", [], 99_000, 0],
    ["nothing while it may grow", [10, 10], 1_000, 0],
    ["all when the oldest is old", [10, 10], 11_000, 2],
    ["nothing just before that", [10, 10], 10_999, 0],
    ["the maximum number of events", [10, 10, 10], 1_000, 3],
    ["no more than the maximum number", [10, 10, 10, 10], 1_000, 3],
    ["the maximum size", [600, 600], 1_000, 1],
    ["no more than the maximum size", [340, 340, 340], 1_000, 3],
    ["no more than the maximum size, to the byte", [340, 340, 341], 1_000, 2],
    ["an old oversized event as its own batch", [5_000], 11_000, 1],
    ["an oversized event as its own batch before another", [5_000, 10], 1_000, 1],
  ])("cuts %s", (_name, bytes, now, count) => {
    expect(cutBatch(waiting(...bytes), settings, now)).toEqual(waiting(...bytes).slice(0, count));
  });

  it("splits any events into batches within the contract's limits, in order", () => {
    const bodies = fc.array(
      fc.string({ maxLength: 3_000 }).map((text) => JSON.stringify(text)),
      { maxLength: 40 },
    );
    const chosen = fc.record({
      maxEvents: fc.integer({ min: 1, max: 100 }),
      maxBytes: fc.integer({ min: 1_024, max: 9_000 }),
    });
    fc.assert(
      fc.property(bodies, chosen, (all, { maxEvents, maxBytes }) => {
        const bounds = completeBatchSettings({ maxEvents, maxBytes, maxAgeSeconds: 0 });
        let rest = waiting(...all.map((body) => Buffer.byteLength(body)));
        const sent: string[] = [];
        while (rest.length > 0) {
          const batch = cutBatch(rest, bounds, 1e9);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxEvents);
          const body = joinBatch(batch.map(({ deliveryId }) => all[deliveryId] ?? ""));
          if (batch.length > 1) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxBytes);
          sent.push(...JSON.parse(body).map((text: string) => JSON.stringify(text)));
          rest = rest.slice(batch.length);
        }
        expect(sent).toEqual(all);
      }),
    );
  });
});
