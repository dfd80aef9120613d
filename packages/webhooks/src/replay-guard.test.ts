import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryReplayGuard } from "./replay-guard.ts";

test("forgets after the time it was told, and not before", () => {
  let seconds = 0;
  const guard = createMemoryReplayGuard({ rememberSeconds: 60, now: () => new Date(seconds * 1000) });
  expect(guard.claim("a")).toBe(true);
  seconds = 60;
  expect(guard.claim("a")).toBe(false);
  seconds = 61;
  expect(guard.claim("a")).toBe(true);
});

test("remembers the newest ids, and never more than it was told", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9), { maxLength: 40 }), (mostIds, ids) => {
      const guard = createMemoryReplayGuard({ mostIds });
      const model: number[] = [];
      for (const id of ids) {
        if (model.length >= mostIds) model.shift();
        expect(guard.claim(String(id))).toBe(!model.includes(id));
        if (!model.includes(id)) model.push(id);
      }
    }),
  );
});
