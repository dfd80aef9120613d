import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

const answer = (etag: string | null, { status = 200, body = {} as unknown } = {}) =>
  exchange(status === 304 && typeof body === "object" ? "" : body, {
    status,
    headers: etag === null ? {} : { etag },
  });

describe("INV-018", () => {
  const first = answer('"a"');
  const evidence = (after: ReturnType<typeof answer>, { status = 200, before = first } = {}) => ({
    unchanged: [{ first: before, again: before }],
    changed: [{ before, after }],
    command: exchange({}, { status }),
  });
  test.each([
    ["another ETag after a change", evidence(answer('"b"')), "pass"],
    ["the same ETag after a change", evidence(first), "fail"],
    ["304 after a change", evidence(answer('"a"', { status: 304 })), "fail"],
    ["no ETag after a change", evidence(answer(null)), "fail"],
    ["no ETag at all", evidence(answer(null), { before: answer(null) }), "fail"],
    ["the same ETag after a refused command", evidence(first, { status: 409 }), "pass"],
    [
      "no ETag of a device that was removed meanwhile",
      {
        ...evidence(answer('"b"')),
        unchanged: [first, answer(null, { status: 404 })].map((each) => ({ first: each, again: each })),
      },
      "pass",
    ],
  ])("%s: %s", async (_, conditional, outcome) => {
    expect(await outcomeOf("INV-018", { conditional })).toBe(outcome);
  });
});

describe("INV-019", () => {
  const first = answer('"a"');
  test.each([
    ["304 without a body", first, answer('"a"', { status: 304 }), "pass"],
    ["304 with a body", first, answer('"a"', { status: 304, body: "{}" }), "fail"],
    ["200 with the same ETag", first, answer('"a"'), "fail"],
    ["412", first, answer(null, { status: 412 }), "fail"],
    [
      "another ETag every time",
      answer('"a"', { body: { name: "one" } }),
      answer('"b"', { body: { name: "two" } }),
      "could-not-run",
    ],
    ["another ETag every time, and the same content", first, answer('"b"'), "fail"],
    [
      "another ETag of the same page, but not the last",
      answer('"a"', { body: { data: [], next_cursor: "c" } }),
      answer('"b"', { body: { data: [], next_cursor: "c" } }),
      "could-not-run",
    ],
    ["no ETag at all", answer(null), answer(null), "could-not-run"],
  ])("answered with %s: %s", async (_, before, again, outcome) => {
    expect(await outcomeOf("INV-019", { conditional: { unchanged: [{ first: before, again }] } })).toBe(
      outcome,
    );
  });
});

test.each([
  [answer(null), "pass"],
  [answer(null, { status: 304 }), "fail"],
  [null, "could-not-run"],
])("INV-020: a second page requested with the ETag of the first", async (secondPage, outcome) => {
  expect(await outcomeOf("INV-020", { conditional: { secondPage } })).toBe(outcome);
});
