import type { Delivery } from "../evidence/exchange.ts";
import {
  findPublishedAttempts,
  findReports,
  isReported,
  isSameDelivery,
  selectSuccessful,
} from "../evidence/match-deliveries.ts";
import { eventsOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, withUnseen } from "./finding.ts";

const KEEP =
  "As soon as the inventory shows a change, add the event about that change to the on-disk queue of every endpoint. Remove an event from a queue only after that endpoint has answered 2xx.";

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
      hint: `The event was dropped before it was sent, or still waits because you paused the endpoint for longer than the suite waits. ${KEEP}`,
    };
  }
  if (others.length > 0) {
    const again = others.find((other) => isSameDelivery(first, other));
    return again
      ? {
          actual: `a second attempt (${again.id}), but the vendor hung up before the receiver answered`,
          hint: "Wait at least 15 s for the response (see DLV-004). The receiver was about to send it.",
        }
      : {
          actual: `${attempts.length} attempts (${first.id} to ${others.at(-1)?.id}), each with a new id and a new body`,
          hint: "Retry with the id and the bytes of the first attempt (see DLV-002). Otherwise a receiver cannot recognize the retry.",
        };
  }
  return {
    actual: `the first attempt (${first.id}), and no retry ${waited}`,
    hint: `${othersCame ? "Other deliveries were retried after a cut connection. So the retry queue is full or loses entries, or this retry comes later than you declare." : "No delivery was retried after a cut connection. Either your code does not treat a cut connection as a failure, or it has no retry queue, or it pauses the endpoint for longer than the suite waits."} ${KEEP}`,
  };
}

export const lostEventChecks = [
  check("DLV-009", ["outage"], ({ outage }) => {
    const changes = selectSuccessful(outage.changes);
    const taken = outage.down.deliveries.filter(({ answeredStatus }) => answeredStatus === 204);
    const reported = changes.filter((change) => isReported(change, taken)).length;
    const published = (outage.published ?? []).map((event) => ({
      ...event,
      attempts: findPublishedAttempts(event, outage.down.deliveries),
    }));
    const lost = published.flatMap(({ type, deviceId, command, attempts }) => {
      const [first] = attempts;
      // EVT-001 and the check of the family report an event that was never sent.
      if (!first) return [];
      const isTaken = attempts.some(({ answeredStatus }) => answeredStatus === 204);
      const expected = `the event ${type} of device ${deviceId} again, after the receiver cut the connection`;
      const { actual, hint } = describeLoss(attempts, outage.waitedSeconds, reported > 0);
      return [{ at: command.id, change: null, problem: isTaken ? null : { expected, actual, hint } }];
    });
    const superseded = (outage.repeated ?? []).flatMap((id) => {
      const hasEvent = (delivery: Delivery) => eventsOf(delivery).some((event) => event["id"] === id);
      const elsewhere = outage.healthy.deliveries.find(hasEvent);
      const attempts = outage.down.deliveries.filter(hasEvent);
      if (!elsewhere) return [];
      const expected = `the event ${id}, which a second endpoint received in ${elsewhere.id}; the device changed again while the event waited for its retry`;
      const { actual, hint } = describeLoss(attempts, outage.waitedSeconds, reported > 0);
      const problem = taken.some(hasEvent)
        ? null
        : { expected, actual, hint: `${hint} Keep each event, not only the latest of each device.` };
      return [{ at: elsewhere.id, change: null, problem }];
    });
    const finding = judgeEach(
      [
        ...changes.map((change) => ({ at: change.command.id, change, problem: null })),
        ...lost,
        ...superseded,
      ],
      "no status was changed; see SBX-001",
      ({ change, problem }) => {
        if (change === null) return problem;
        if (isReported(change, taken)) return null;
        const attempts = findReports(change, outage.down.deliveries);
        const [elsewhere] = findReports(change, outage.healthy.deliveries);
        const { actual, hint } = describeLoss(attempts, outage.waitedSeconds, reported > 0);
        const elsewhereNote = elsewhere
          ? `; a second endpoint, which was never down, received the event in ${elsewhere.id}`
          : "";
        return {
          expected: `a webhook that reports device ${change.deviceId} as ${change.status}; during the outage, the receiver cuts the connection on the first attempt of each delivery; it accepts every other attempt`,
          actual: `${actual}${elsewhereNote}`,
          hint,
        };
      },
    );
    return withUnseen(finding, "a restart of the vendor's services was not tested");
  }),
];
