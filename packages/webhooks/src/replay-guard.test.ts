import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryReplayGuard } from "./replay-guard.ts";

test("forgets an id after the configured time, not before", () => {
  let seconds = 0;
  const guard = createMemoryReplayGuard({ rememberSeconds: 60, now: () => new Date(seconds * 1000) });
  expect(guard.claim("a")).toBe("new");
  guard.keep("a");
  seconds = 60;
  expect(guard.claim("a")).toBe("taken");
  seconds = 61;
  expect(guard.claim("a")).toBe("new");
});

test("remembers the newest ids, up to the configured number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9), { maxLength: 40 }), (maxIds, ids) => {
      const guard = createMemoryReplayGuard({ maxIds });
      const model: number[] = [];
      for (const id of ids) {
        expect(guard.claim(String(id))).toBe(model.includes(id) ? "taken" : "new");
        if (model.includes(id)) continue;
        guard.keep(String(id));
        model.push(id);
        if (model.length > maxIds) model.shift();
      }
    }),
  );
});

test("reports a delivery as busy until it is kept or released", () => {
  const guard = createMemoryReplayGuard();
  expect([guard.claim("a"), guard.claim("a")]).toEqual(["new", "busy"]);
  guard.release("a");
  expect([guard.claim("a"), guard.claim("a")]).toEqual(["new", "busy"]);
  guard.keep("a");
  expect(guard.claim("a")).toBe("taken");
});
