import { expect, test, vi } from "vitest";
import type { AcceptedEvent, Committed } from "../../domain/event.ts";
import { toAcceptedEvent } from "../../testing/domain-objects.ts";
import { commitTogether } from "./transactions.ts";

const batch = (...ids: string[]) => ids.map((id) => toAcceptedEvent("int_a", { id }));
const stores = vi.fn(
  (events: readonly AcceptedEvent[]): Committed => ({
    outcomes: events.map(({ eventId }) => (eventId.startsWith("old") ? "duplicate" : "stored")),
    late: events.filter(({ eventId }) => eventId.startsWith("late")).length,
  }),
);

test("commits waiting batches in one transaction and returns each its own result", () => {
  stores.mockClear();
  const results = commitTogether(stores, [batch("a", "old-b"), batch("late-c"), batch("old-d")]);
  expect(stores).toHaveBeenCalledTimes(1);
  expect(results.map((result) => result())).toEqual([
    { outcomes: ["stored", "duplicate"], late: 1 },
    { outcomes: ["stored"], late: 0 },
    { outcomes: ["duplicate"], late: 0 },
  ]);
});

test("commits the other batches if one fails", () => {
  const picky = vi.fn((events: readonly AcceptedEvent[]): Committed => {
    if (events.some(({ eventId }) => eventId === "poison")) throw new Error("poisoned");
    return stores(events);
  });
  const [good, bad, alsoGood] = commitTogether(picky, [batch("a"), batch("poison"), batch("b")]);
  expect(good?.()).toMatchObject({ outcomes: ["stored"] });
  expect(() => bad?.()).toThrow("poisoned");
  expect(alsoGood?.()).toMatchObject({ outcomes: ["stored"] });
});
