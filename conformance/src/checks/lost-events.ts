import type { Delivery } from "../evidence/exchange.ts";
import { findAttempts, isReported } from "../evidence/match-deliveries.ts";
import { check } from "./check.ts";
import { madeOf } from "./delivery-attempts.ts";
import { judgeEach } from "./finding.ts";

const KEEP =
  "put each event into the queue of each endpoint, on disk, when inventory shows its change, and take it out when the endpoint has answered 2xx.";

/** Whether a delivery can be known for another attempt at one. */
const isSameDelivery = (one: Delivery, other: Delivery): boolean =>
  one.headers["webhook-id"] === other.headers["webhook-id"] || one.bodyBase64 === other.bodyBase64;

/** What came of an event at a receiver that cut off its first attempt, where none was taken; and where it was lost. */
function lostHow(
  attempts: readonly Delivery[],
  waitedSeconds: number,
  othersCame: boolean,
): { readonly actual: string; readonly hint: string } {
  const [first, ...others] = attempts;
  const waited = `in ${waitedSeconds.toFixed(0)} s, though the manifest declares an earlier retry`;
  if (!first) {
    return { actual: `no attempt at all ${waited}`, hint: `It was dropped before it was sent: ${KEEP}` };
  }
  if (others.length > 0) {
    const again = others.find((other) => isSameDelivery(first, other));
    return again
      ? {
          actual: `a second attempt, ${again.id}, that hung up before it was answered`,
          hint: "Wait for the answer, 15 s at least, see DLV-004: it was on its way.",
        }
      : {
          actual: `${attempts.length} attempts, from ${first.id} to ${others.at(-1)?.id}, each with an id and a body that had not come before`,
          hint: "A retry has the id and the bytes of the first attempt, see DLV-002: by those a receiver knows that it is one.",
        };
  }
  return {
    actual: `its first attempt, ${first.id}, and no other ${waited}`,
    hint: `${othersCame ? "Others that were cut off came again, so what keeps them for retry has an end, or forgets" : "Nothing that was cut off came again, so that was not taken for a failure, or nothing is kept for retry"}: ${KEEP}`,
  };
}

export const lostEventChecks = [
  check("DLV-009", ["outage"], ({ outage }) => {
    const changes = madeOf(outage.changes);
    const taken = outage.down.deliveries.filter(({ answeredStatus }) => answeredStatus === 204);
    const told = changes.filter((change) => isReported(change, taken)).length;
    return judgeEach(
      changes.map((change) => ({ at: change.command.id, change })),
      "no status was changed; see SBX-001",
      ({ change }) => {
        if (isReported(change, taken)) return null;
        const attempts = findAttempts(change, outage.down.deliveries);
        const [elsewhere] = findAttempts(change, outage.healthy.deliveries);
        const { actual, hint } = lostHow(attempts, outage.waitedSeconds, told > 0);
        const beside = elsewhere
          ? `; a second endpoint, which was never down, had it as ${elsewhere.id}`
          : "";
        return {
          expected: `the webhook of device ${change.deviceId} going ${change.status}, at a receiver that cuts off each delivery's first attempt and takes the next`,
          actual: `${actual}${beside}`,
          hint,
        };
      },
    );
  }),
];
