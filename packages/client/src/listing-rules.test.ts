import { expect, test } from "vitest";
import { ListingRules } from "./listing-rules.ts";

const page = (data: readonly string[], next_cursor: string | null) => ({
  data: [...data],
  next_cursor,
  snapshot: { id: "snap", as_of: "2026-11-23T08:30:00Z" },
});

test("accepts any number of empty pages with items in between", () => {
  const rules = new ListingRules<string>("things", (id) => id);
  for (let n = 0; n < 5000; n += 1) rules.take(page(n % 1000 === 0 ? [`${n}`] : [], `n${n}`));
  expect(rules.take(page([], null))).toEqual({ pages: 5001, items: 5, total: null });
});

test("the last page never exceeds the limit of empty pages", () => {
  const rules = new ListingRules<string>("things", (id) => id);
  for (let n = 0; n < 1000; n += 1) rules.take(page([], `n${n}`));
  expect(rules.take(page([], null))).toEqual({ pages: 1001, items: 0, total: null });
});
