import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { conditionalRequestChecks } from "./conditional-requests.ts";

const judge = async (id: string, conditional: object) =>
  (
    await conditionalRequestChecks
      .find(({ requirement }) => requirement === id)
      ?.judge({ conditional } as unknown as Evidence)
  )?.outcome;

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
    ["the same ETag after a command that was refused", evidence(first, { status: 409 }), "pass"],
  ])("%s: %s", async (_, conditional, outcome) => {
    expect(await judge("INV-018", conditional)).toBe(outcome);
  });
});

describe("INV-019", () => {
  const first = answer('"a"');
  test.each([
    ["304 and nothing", first, answer('"a"', { status: 304 }), "pass"],
    ["304 and a body", first, answer('"a"', { status: 304, body: "{}" }), "fail"],
    ["200 with the same ETag", first, answer('"a"'), "fail"],
    ["412", first, answer(null, { status: 412 }), "fail"],
    ["another ETag, each time", first, answer('"b"'), "could-not-run"],
    ["no ETag to ask with", answer(null), answer(null), "could-not-run"],
  ])("answered with %s: %s", async (_, before, again, outcome) => {
    expect(await judge("INV-019", { unchanged: [{ first: before, again }] })).toBe(outcome);
  });
});

test.each([
  [answer(null), "pass"],
  [answer(null, { status: 304 }), "fail"],
  [null, "could-not-run"],
])("INV-020: a second page", async (secondPage, outcome) => {
  expect(await judge("INV-020", { secondPage })).toBe(outcome);
});
