import { deviceSchema } from "@convergint/schemas";
import { objectOf, textOf } from "../evidence/read.ts";
import { answered, invalid, judgeStatus, notAnAnswer } from "./answers.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";

export const sandboxControlChecks = [
  check("SBX-001", ["health"], ({ health }) =>
    judgeEach(
      health.changes.map((change) => ({ at: change.command.id, change })),
      "no status was changed",
      ({ change: { command, status } }) => {
        const wrong = notAnAnswer(command) ?? invalid(deviceSchema, objectOf(command));
        if (wrong) return wrong;
        const taken = textOf(objectOf(command), "status");
        return taken === status ? null : { where: "/status", expected: show(status), actual: show(taken) };
      },
    ),
  ),

  check("SBX-002", ["sandbox"], ({ sandbox: { withoutCredential, deviceBefore, deviceAfter } }) =>
    judgeEach([{ at: withoutCredential.id }], "", () => {
      if (withoutCredential.response?.status !== 401) {
        return {
          expected: "401",
          actual: answered(withoutCredential),
          hint: "Anybody who finds this URL can make a camera look offline, or online.",
        };
      }
      const [before, after] = [deviceBefore, deviceAfter].map((exchange) => objectOf(exchange)?.["status"]);
      return before === after
        ? null
        : { expected: `the device stays ${show(before)}`, actual: `it became ${show(after)}` };
    }),
  ),

  check("SBX-003", ["sandbox"], ({ sandbox }) => judgeStatus([sandbox.unknownDevice], 404)),
];
