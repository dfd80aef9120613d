import type { Delivery } from "../evidence/exchange.ts";
import { findAttempts, isReported, selectSuccessful } from "../evidence/match-deliveries.ts";
import { check } from "./check.ts";
import { judgeEach } from "./finding.ts";

const KEEP =
  "Add each event to the on-disk queue of every endpoint when the inventory shows its change, and remove it only after the endpoint has answered 2xx.";

/** Tells whether two deliveries are recognizable as two attempts at the same delivery. */
const isSameDelivery = (one: Delivery, other: Delivery): boolean =>
  one.headers["webhook-id"] === other.headers["webhook-id"] || one.bodyBase64 === other.bodyBase64;

/** Describes how and where an event was lost if no attempt to deliver it was accepted. */
function describeLoss(
  attempts: readonly Delivery[],
  waitedSeconds: number,
  othersCame: boolean,
): { readonly actual: string; readonly hint: string } {
  const [first, ...others] = attempts;
  const waited = `in ${waitedSeconds.toFixed(0)} s, although the manifest declares an earlier retry`;
  if (!first) {
    return {
      actual: `no attempt at all ${waited}`,
      hint: `The event was dropped before it was sent. ${KEEP}`,
    };
  }
  if (others.length > 0) {
    const again = others.find((other) => isSameDelivery(first, other));
    return again
      ? {
          actual: `a second attempt, ${again.id}, that hung up before the receiver answered`,
          hint: "Wait at least 15 s for the response (see DLV-004); it was on its way.",
        }
      : {
          actual: `${attempts.length} attempts, from ${first.id} to ${others.at(-1)?.id}, each with a new id and a new body`,
          hint: "Retry with the id and the bytes of the first attempt (see DLV-002), or a receiver cannot recognize it as a retry.",
        };
  }
  return {
    actual: `the first attempt, ${first.id}, and no retry ${waited}`,
    hint: `${othersCame ? "Other deliveries were retried after a cut connection, so the retry queue is full or loses entries." : "No delivery was retried after a cut connection, so a cut connection does not count as a failure, or there is no retry queue."} ${KEEP}`,
  };
}

export const lostEventChecks = [
  check("DLV-009", ["outage"], ({ outage }) => {
    const changes = selectSuccessful(outage.changes);
    const taken = outage.down.deliveries.filter(({ answeredStatus }) => answeredStatus === 204);
    const reported = changes.filter((change) => isReported(change, taken)).length;
    return judgeEach(
      changes.map((change) => ({ at: change.command.id, change })),
      "no status was changed; see SBX-001",
      ({ change }) => {
        if (isReported(change, taken)) return null;
        const attempts = findAttempts(change, outage.down.deliveries);
        const [elsewhere] = findAttempts(change, outage.healthy.deliveries);
        const { actual, hint } = describeLoss(attempts, outage.waitedSeconds, reported > 0);
        const elsewhereNote = elsewhere
          ? `; a second endpoint, which was never down, got it as ${elsewhere.id}`
          : "";
        return {
          expected: `the webhook of device ${change.deviceId} going ${change.status}, at a receiver that cuts the connection on each delivery's first attempt and accepts the next`,
          actual: `${actual}${elsewhereNote}`,
          hint,
        };
      },
    );
  }),
];
