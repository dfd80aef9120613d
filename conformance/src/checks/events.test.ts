import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

describe("a command that the vendor refused", () => {
  const problem = {
    title: "Conflict",
    status: 409,
    code: "device_unreachable",
    detail: "Its connector is down.",
  };
  const evidence = {
    health: {
      changes: [
        {
          deviceId: "d",
          status: "offline",
          window: { from: 0, to: 0 },
          waitedSeconds: 1,
          command: exchange(problem, {
            status: 409,
            headers: { "content-type": "application/problem+json" },
          }),
          inventoryAfter: exchange({ device_id: "d", status: "unknown" }),
        },
      ],
      deliveries: [],
      deliveriesBeside: [],
      latencySeconds: 1,
    },
  };

  test.each(["EVT-001", "EVT-004", "EVT-007"])("is no matter of %s: nothing changed", async (id) => {
    expect(await outcomeOf(id, evidence)).toBe("could-not-run");
  });

  test("is SBX-001's, with the vendor's own words", async () => {
    expect(await judge("SBX-001", evidence)).toMatchObject({
      outcome: "fail",
      failures: [{ actual: '409 device_unreachable ("Its connector is down.")' }],
    });
  });
});
