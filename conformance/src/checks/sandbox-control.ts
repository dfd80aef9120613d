import { deviceSchema } from "@convergint/schemas";
import { objectOf, textOf } from "../evidence/read.ts";
import { answered, invalid, judgeStatus, notAnAnswer, UNKNOWN_ID } from "./answers.ts";
import { check } from "./check.ts";
import { judgeEach, show, withHint } from "./finding.ts";

export const sandboxControlChecks = [
  check("SBX-001", ["health"], ({ health }) =>
    judgeEach(
      health.changes.map((change) => ({ at: change.command.id, change })),
      "no status was changed",
      ({ change: { command, status } }) => {
        const wrong = notAnAnswer(command) ?? invalid(deviceSchema, objectOf(command));
        if (wrong) return wrong;
        const taken = textOf(objectOf(command), "status");
        return taken === status
          ? null
          : {
              where: "/status",
              expected: `${show(status)}, which was asked for`,
              actual: show(taken),
              hint: "Answer with the device as it is after the change.",
            };
      },
    ),
  ),

  check("SBX-002", ["sandbox"], ({ sandbox: { withoutCredential, deviceBefore, deviceAfter } }) =>
    judgeEach([{ at: withoutCredential.id }], "", () => {
      if (withoutCredential.response?.status !== 401) {
        return {
          expected: "401 without a credential",
          actual: answered(withoutCredential),
          hint: "Ask for the credential here as everywhere: anybody who finds this URL can make a camera look offline.",
        };
      }
      const [before, after] = [deviceBefore, deviceAfter].map((exchange) => objectOf(exchange)?.["status"]);
      return before === after
        ? null
        : { expected: `the device stays ${show(before)}`, actual: `it became ${show(after)}` };
    }),
  ),

  check("SBX-003", ["sandbox"], ({ sandbox }) =>
    withHint(UNKNOWN_ID, judgeStatus([sandbox.unknownDevice], 404)),
  ),
];
