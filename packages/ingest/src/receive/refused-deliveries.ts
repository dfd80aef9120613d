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

// The worker's file is in the same folder as this file, both in the source and in the published package.
const isSource = import.meta.url.endsWith(".ts");
const EXPLAINER = new URL(isSource ? "./explain-main.ts" : "./explain-main.js", import.meta.url);

/** After a report, further faults of the same member of the same integration are only counted for this time. */
const REPORT_INTERVAL_MS = 60 * 60 * 1000;
/** Bounds memory. Beyond this number, a member may be reported more often. */
const MAX_REPORTED_MEMBERS = 1000;
const MAX_DESCRIBED = 5;

type Refusal = Pick<DeliveryRefusedError, "message" | "status" | "signed"> & {
  readonly code: RefusalCode | "invalid_member";
};

/** Records refused deliveries for the operator. */
export interface RefusedDeliveries {
  /**
   * Records a delivery that the vendor signed. Resolves after the record is durable, because nothing that a
   * vendor signed may disappear.
   */
  record(delivery: Delivery, refusal: Refusal): Promise<void>;
  /**
   * Records a delivery that did not verify, with a diagnosis. Runs in the background, because anyone can send
   * such a delivery.
   */
  diagnose(delivery: Delivery, refusal: Refusal, integration: Integration): void;
  /**
   * Records and logs a delivery that was accepted without its invalid optional members, with the code `invalid_member`.
   * At most once an hour for each member, because such faults tend to be in every event, and the record is bounded.
   *
   * @param status the HTTP status of the answer
   */
  reportFaults(delivery: Delivery, faults: readonly Fault[], status: number): void;
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

/** Creates a function that tells whether a fault should be reported now, and remembers that it was. */
function createReportFilter(clock: Pick<Clock, "now">): (integrationId: string, fault: Fault) => boolean {
  const reportedAt = new Map<string, number>();
  return (integrationId, fault) => {
    const now = clock.now();
    const key = `${integrationId} ${toMember(fault)}`;
    const since = now - (reportedAt.get(key) ?? Number.NEGATIVE_INFINITY);
    // A negative time means that the clock was ahead and has been corrected.
    if (since >= 0 && since < REPORT_INTERVAL_MS) return false;
    reportedAt.delete(key);
    const [oldest] = reportedAt.keys();
    if (oldest !== undefined && reportedAt.size >= MAX_REPORTED_MEMBERS) reportedAt.delete(oldest);
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
  const shouldReport = createReportFilter(clock);

  return {
    async record(delivery, refusal) {
      await group.submit(toRefusedDelivery(delivery, refusal), delivery.body.length);
    },
    diagnose(delivery, refusal, integration) {
      const { headers, body, receivedAt } = delivery;
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
      const reported = faults.filter((fault) => shouldReport(integrationId, fault)).slice(0, MAX_DESCRIBED);
      if (reported.length === 0) return;
      log.warn({ integrationId, faults: reported }, "accepted a delivery without its invalid members");
      const message = `Accepted and stored, but without the effect of invalid members: ${reported.map(describeFault).join("; ")}.`;
      const record = toRefusedDelivery(delivery, { code: "invalid_member", message, status, signed: true });
      group
        .submit(record, delivery.body.length)
        .catch((error: unknown) => report(error, "invalid members could not be recorded"));
    },
    async drained() {
      await explainer.close();
      await Promise.all(pending);
      await group.drained();
    },
  };
}
