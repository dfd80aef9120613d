import type { DiagnoseOptions } from "@convergint/diagnose";
import { createGroupCommit } from "@convergint/internal/group-commit";
import { createLimitedWorker } from "@convergint/internal/limited-worker";
import type { RefusalCode } from "@convergint/schemas";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../clock.ts";
import { describeFault, type Fault, toMember } from "../domain/fault.ts";
import type { Integration } from "../integrations/integration.ts";
import type { Report } from "../maintain/database-state.ts";
import type { RefusedDelivery } from "../store/event-store.ts";
import type { Store } from "../store/store.ts";
import type { Delivery } from "./accept.ts";
import { COMMIT_LIMITS } from "./event-writer.ts";
import type { Explanation } from "./explain-main.ts";
import type { DeliveryRefusedError } from "./refusal.ts";
import { getCurrentSecrets } from "./verifiers.ts";

/** How many characters of a refused body are stored. */
const MAX_BODY_CHARACTERS = 4096;

const GAVE_UP: Explanation = {
  text: "The explanation was stopped because it took too long. Send the delivery to `convergint-conformance listen` to have it explained.",
  fromVendor: false,
};
/** A delivery that verified needs no explanation. */
const FROM_VENDOR = { text: null, fromVendor: true };
/** For a delivery that does not count as a refused webhook of the vendor. */
const NOT_REFUSED = { text: null, fromVendor: false };

// The worker's file is in the same folder as this file, both in the source and in the published package.
const isSource = import.meta.url.endsWith(".ts");
const EXPLAINER = new URL(isSource ? "./explain-main.ts" : "./explain-main.js", import.meta.url);

/** After a report, further faults of the same member of the same integration are only counted for this time. */
const REPORT_INTERVAL_MS = 60 * 60 * 1000;
/** After such a record, further deliveries that fail the profile's verification are only counted for this time: anyone can send them. */
const UNSIGNED_INTERVAL_MS = 10_000;
/** Bounds memory. Beyond this number, a subject may be reported more often. */
const MAX_REPORTED_SUBJECTS = 1000;
const MAX_DESCRIBED = 5;

type Refusal = Pick<DeliveryRefusedError, "message" | "status" | "signed"> & {
  readonly code: RefusalCode | "invalid_member" | "unmapped_event";
};

/** Records refused deliveries for the operator. */
export interface RefusedDeliveries {
  /**
   * Records a delivery that the vendor signed. Resolves after the record is durable, because nothing that a
   * vendor signed may disappear.
   */
  record(delivery: Delivery, refusal: Refusal): Promise<void>;
  /**
   * Records a delivery that did not verify, with a diagnosis. If the vendor has a profile, records one such delivery
   * per interval, without a diagnosis. Runs in the background, because anyone can send such a delivery.
   */
  diagnose(delivery: Delivery, refusal: Refusal, integration: Integration): void;
  /**
   * Records and logs a delivery that was accepted without its invalid optional members, with the code `invalid_member`.
   * At most once an hour for each member, because such faults tend to be in every event, and the record is bounded.
   *
   * @param status the HTTP status of the answer
   */
  reportFaults(delivery: Delivery, faults: readonly Fault[], status: number): void;
  /**
   * Records a delivery with events that the profile does not map, with the code `unmapped_event`. At most once an hour for
   * each kind of event.
   *
   * @param words the vendor's names of these events
   */
  reportUnmapped(delivery: Delivery, words: readonly string[]): void;
  drained(): Promise<void>;
}

const toPlain = (headers: Delivery["headers"]) =>
  headers instanceof Headers ? Object.fromEntries(headers) : { ...headers };

const toRefusedDelivery = (
  { integrationId, receivedAt, body }: Delivery,
  { code, message, status, signed }: Refusal,
  { text, fromVendor }: { readonly text: string | null; readonly fromVendor: boolean } = FROM_VENDOR,
): RefusedDelivery => ({
  integrationId,
  receivedAt: receivedAt.toISOString(),
  status,
  code,
  detail: message,
  diagnosis: text,
  signed,
  fromVendor,
  body: new TextDecoder().decode(body.subarray(0, 4 * MAX_BODY_CHARACTERS)).slice(0, MAX_BODY_CHARACTERS),
});

/** Creates a function that tells whether a subject should be reported now, and remembers that it was. */
function createReportFilter(
  clock: Pick<Clock, "now">,
  intervalMs: number,
): (integrationId: string, subject: string) => boolean {
  const reportedAt = new Map<string, number>();
  return (integrationId, subject) => {
    const now = clock.now();
    const key = `${integrationId} ${subject}`;
    const since = now - (reportedAt.get(key) ?? Number.NEGATIVE_INFINITY);
    // A negative time means that the clock was ahead and has been corrected.
    if (since >= 0 && since < intervalMs) return false;
    reportedAt.delete(key);
    const [oldest] = reportedAt.keys();
    if (oldest !== undefined && reportedAt.size >= MAX_REPORTED_SUBJECTS) reportedAt.delete(oldest);
    reportedAt.set(key, now);
    return true;
  };
}

/**
 * Creates the record of refused deliveries.
 *
 * @param isFatal whether an error would fail every other batch too
 */
export function createRefusedDeliveries(
  { refused }: Pick<Store, "refused">,
  isFatal: (error: unknown) => boolean,
  log: FastifyBaseLogger,
  report: Report,
  clock: Clock,
): RefusedDeliveries {
  const group = createGroupCommit<RefusedDelivery, null>({
    async commit(rows) {
      await refused.keep(rows);
      return rows.map(() => null);
    },
    isFatal,
    ...COMMIT_LIMITS,
  });
  const explainer = createLimitedWorker<DiagnoseOptions, Explanation>(EXPLAINER, clock);
  const pending = new Set<Promise<void>>();
  const shouldReport = createReportFilter(clock, REPORT_INTERVAL_MS);
  const shouldRecord = createReportFilter(clock, UNSIGNED_INTERVAL_MS);
  /** @param what names the record in the log if it cannot be stored */
  const recordLater = (delivery: Delivery, row: RefusedDelivery, what: string) =>
    void group
      .submit(row, delivery.body.length)
      .catch((error: unknown) => report(error, `${what} could not be recorded`));

  return {
    async record(delivery, refusal) {
      await group.submit(toRefusedDelivery(delivery, refusal), delivery.body.length);
    },
    diagnose(delivery, refusal, integration) {
      const { headers, body, receivedAt } = delivery;
      if (integration.profile) {
        if (shouldRecord(delivery.integrationId, refusal.code))
          recordLater(delivery, toRefusedDelivery(delivery, refusal, NOT_REFUSED), "a refused delivery");
        return;
      }
      const keys = getCurrentSecrets(integration, receivedAt.getTime());
      const recorded = explainer
        .ask({ headers: toPlain(headers), body, keys, now: receivedAt })
        .then(async (asked) => {
          if (asked.kind === "skipped") return;
          const explanation = asked.kind === "answered" ? asked.answer : GAVE_UP;
          await group.submit(toRefusedDelivery(delivery, refusal, explanation), delivery.body.length);
        })
        .catch((error: unknown) => report(error, "a refused delivery could not be recorded"))
        .then(() => {
          pending.delete(recorded);
        });
      pending.add(recorded);
    },
    reportFaults(delivery, faults, status) {
      const { integrationId } = delivery;
      const reported = faults
        .filter((fault) => shouldReport(integrationId, toMember(fault)))
        .slice(0, MAX_DESCRIBED);
      if (reported.length === 0) return;
      log.warn({ integrationId, faults: reported }, "accepted a delivery without its invalid members");
      const message = `Accepted and stored, but without the effect of invalid members: ${reported.map(describeFault).join("; ")}.`;
      const record = toRefusedDelivery(delivery, { code: "invalid_member", message, status, signed: true });
      recordLater(delivery, record, "invalid members");
    },
    reportUnmapped(delivery, words) {
      const { integrationId } = delivery;
      const reported = [...new Set(words)]
        .filter((word) => shouldReport(integrationId, `unmapped ${word}`))
        .slice(0, MAX_DESCRIBED);
      if (reported.length === 0) return;
      log.warn({ integrationId, events: reported }, "the profile does not map events of the vendor");
      const refusal = {
        code: "unmapped_event",
        message: `The profile maps no event of this kind: ${reported.join(", ")}. Add a rule to webhooks.events of the profile.`,
        status: 204,
        signed: true,
      } as const;
      recordLater(delivery, toRefusedDelivery(delivery, refusal, NOT_REFUSED), "unmapped events");
    },
    async drained() {
      await explainer.close();
      await Promise.all(pending);
      await group.drained();
    },
  };
}
