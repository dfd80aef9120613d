import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

describe("SEC-001", () => {
  const secret = "whsec_AAAA/BBBB/CCCC/DDDD/EEEE/FFFF/GG==";
  test.each([
    ["no secret", JSON.stringify({ data: [{ endpoint_id: "we_1" }] }), "pass"],
    ["a secret", JSON.stringify({ data: [{ endpoint_id: "we_1", secret }] }), "fail"],
    ["a secret with escaped slashes", `{"data":[{"of":{"key":"${secret.replaceAll("/", "\\/")}"}}]}`, "fail"],
  ])("a list with %s", async (_, body, outcome) => {
    const created = exchange({ secret }, { status: 201 });
    expect(
      await outcomeOf("SEC-001", { endpoints: { created, otherCreated: created, listed: exchange(body) } }),
    ).toBe(outcome);
  });
});
