import { deviceSchema } from "@convergint/schemas";
import { objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, show } from "./finding.ts";
import { describeResponse, findUnusableResponse, judgeStatus, UNKNOWN_ID } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const PRODUCTION =
  "Reject production credentials in sandbox control, because sandbox control must not change a production device. If the key of --production-api-key is not a production tenant's key, pass one that is.";

export const sandboxControlChecks = [
  check("SBX-001", ["health"], ({ health }) => {
    // A device may be behind a connector that the inventory does not name as the device's parent.
    const reachable = health.changes.filter(({ command }) => command.response?.status !== 409);
    const [refused] = health.changes;
    return judgeEach(
      reachable.map((change) => ({ at: change.command.id, change })),
      refused
        ? `the sandbox refused every command, such as with ${describeResponse(refused.command)}, so the suite changed no status; use a sandbox with devices whose connectors are online`
        : "no status was changed",
      ({ change: { command, status } }) => {
        const wrong = findUnusableResponse(command) ?? findSchemaFailure(deviceSchema, objectOf(command));
        if (wrong) return wrong;
        const taken = textOf(objectOf(command), "status");
        return taken === status
          ? null
          : {
              where: "/status",
              expected: `${show(status)}, as requested`,
              actual: show(taken),
              hint: "Return the device in its state after the change.",
            };
      },
    );
  }),

  check("SBX-002", ["sandbox"], ({ sandbox }) => {
    const { withoutCredential, deviceBefore, deviceAfter, othersWithoutCredential = [] } = sandbox;
    return judgeEach(
      [withoutCredential, ...othersWithoutCredential].map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) => {
        if (exchange.response?.status !== 401) {
          return {
            expected: `401 without a credential, for ${exchange.request.method} ${new URL(exchange.request.url).pathname}`,
            actual: describeResponse(exchange),
            hint: "Require the credential for every sandbox command, before you read its body. Otherwise anyone who finds this URL can make a camera look offline.",
          };
        }
        const [before, after] = [deviceBefore, deviceAfter].map((each) => objectOf(each)?.["status"]);
        return exchange !== withoutCredential || before === after
          ? null
          : {
              expected: `the device to stay ${show(before)}`,
              actual: `the device became ${show(after)}`,
              hint: "Check the credential before you change anything. The vendor answered 401, but carried out the command.",
            };
      },
    );
  }),

  check("SBX-003", ["sandbox"], ({ sandbox: { unknownDevice, othersForUnknownDevice = [] } }) =>
    judgeStatus([unknownDevice, ...othersForUnknownDevice], [404], UNKNOWN_ID),
  ),

  check("SBX-004", ["production"], ({ production }): Finding => {
    const { commands, commanded, deviceBefore, deviceAfter, control, deviceControlled } = production;
    const refusals = judgeEach(
      commands.map((exchange) => ({ at: exchange.id, exchange })),
      "no command was sent",
      ({ exchange }) =>
        [401, 403, 404].includes(exchange.response?.status ?? 0)
          ? null
          : {
              expected: `401, 403 or 404 for ${exchange.purpose} (the key of --production-api-key)`,
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
        expected: `${show(before)}, as before the refused command`,
        actual: show(after),
        hint: "Check the credential before you change anything. The vendor refused the command, but carried it out.",
      }));
    }
    // If no command changes the device, an unchanged status proves nothing.
    if (controlled !== commanded) {
      return {
        outcome: "could-not-run",
        reason:
          "the sandbox credential changed nothing either, so the suite cannot tell whether the vendor refused the production credential; see SBX-001",
      };
    }
    return { outcome: "pass", cites: [...refusals.cites, deviceAfter.id, control.id] };
  }),
];
