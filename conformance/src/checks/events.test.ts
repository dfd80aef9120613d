import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

describe("a refused sandbox command", () => {
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
      otherDeliveries: [],
      latencySeconds: 1,
    },
  };

  test.each(["EVT-001", "EVT-004", "EVT-007"])("%s could not run, because nothing changed", async (id) => {
    expect(await outcomeOf(id, evidence)).toBe("could-not-run");
  });

  test("SBX-001 reports it with the vendor's own message", async () => {
    expect(await judge("SBX-001", evidence)).toMatchObject({
      outcome: "fail",
      failures: [{ actual: '409 device_unreachable ("Its connector is down.")' }],
    });
  });
});
