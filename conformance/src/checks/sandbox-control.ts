import { deviceSchema } from "@convergint/schemas";
import { objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, show } from "./finding.ts";
import { describeResponse, findUnusableResponse, judgeStatus, UNKNOWN_ID } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const PRODUCTION =
  "Let sandbox control ask whose credential it is: no tenant of production may make a device look offline, or online.";

export const sandboxControlChecks = [
  check("SBX-001", ["health"], ({ health }) =>
    judgeEach(
      health.changes.map((change) => ({ at: change.command.id, change })),
      "no status was changed",
      ({ change: { command, status } }) => {
        const wrong = findUnusableResponse(command) ?? findSchemaFailure(deviceSchema, objectOf(command));
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
          actual: describeResponse(withoutCredential),
          hint: "Ask for the credential here as everywhere: anybody who finds this URL can make a camera look offline.",
        };
      }
      const [before, after] = [deviceBefore, deviceAfter].map((exchange) => objectOf(exchange)?.["status"]);
      return before === after
        ? null
        : {
            expected: `the device stays ${show(before)}`,
            actual: `it became ${show(after)}`,
            hint: "Refuse before anything is changed: the answer was 401, and the command was carried out all the same.",
          };
    }),
  ),

  check("SBX-003", ["sandbox"], ({ sandbox }) => judgeStatus([sandbox.unknownDevice], [404], UNKNOWN_ID)),

  check("SBX-004", ["production"], ({ production }): Finding => {
    const { commands, commanded, deviceBefore, deviceAfter, control, deviceControlled } = production;
    const refusals = judgeEach(
      commands.map((exchange) => ({ at: exchange.id, exchange })),
      "nothing was commanded",
      ({ exchange }) =>
        [401, 403, 404].includes(exchange.response?.status ?? 0)
          ? null
          : {
              expected: `401, 403 or 404 to the key of --production-api-key, ${exchange.purpose}`,
              actual: describeResponse(exchange),
              hint: PRODUCTION,
            },
    );
    if (refusals.outcome !== "pass") return refusals;
    const [before, after, controlled] = [deviceBefore, deviceAfter, deviceControlled].map(
      (exchange) => objectOf(exchange)?.["status"],
    );
    if (before !== after) {
      return judgeEach([{ at: deviceAfter.id }], "", () => ({
        where: "/status",
        expected: `${show(before)}, as before the command that was refused`,
        actual: show(after),
        hint: "Refuse before anything is done.",
      }));
    }
    // A device that no command changes shows nothing by staying as it is.
    if (controlled !== commanded) {
      return {
        outcome: "could-not-run",
        reason:
          "the sandbox's own credential changed nothing either, so nothing shows that production's did not; see SBX-001",
      };
    }
    return { outcome: "pass", cites: [...refusals.cites, deviceAfter.id, control.id] };
  }),
];
