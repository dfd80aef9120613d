import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

const answerWith = (status: number) => exchange({}, { status });

describe("SBX-004", () => {
  const status = (of: string) => exchange({ device_id: "d", status: of });
  test.each<[number[], string, string, string]>([
    [[401], "online", "offline", "pass"],
    [[403, 404], "online", "offline", "pass"],
    [[200], "offline", "offline", "fail"],
    [[403, 200], "online", "offline", "fail"],
    [[409], "online", "offline", "fail"],
    [[500], "online", "offline", "fail"],
    [[403], "offline", "offline", "fail"],
    // The control case: no command changes the device.
    [[403], "online", "online", "could-not-run"],
  ])(
    "responses %j, then status %s, with the sandbox credential %s: %s",
    async (statuses, after, controlled, outcome) => {
      const production = {
        commands: statuses.map(answerWith),
        commanded: "offline",
        deviceBefore: status("online"),
        deviceAfter: status(after),
        control: answerWith(200),
        deviceControlled: status(controlled),
      };
      expect(await outcomeOf("SBX-004", { production })).toBe(outcome);
    },
  );
});
