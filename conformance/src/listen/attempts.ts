import { createHash } from "node:crypto";
import { type ReceivedDelivery, type Step, step } from "./inspection.ts";

/** The number of ids to keep; the oldest is dropped first. */
const MAX_IDS = 10_000;

interface Attempt {
  readonly count: number;
  readonly bodyHash: string;
  readonly signature: string;
  readonly receivedAt: Date;
  readonly wasAccepted: boolean;
}

/** Stores deliveries by id, to compare each retry with the attempt before it. */
export interface AttemptLog {
  /** Returns the attempt number, from 1, and the comparison with the attempt before it. */
  inspect(delivery: ReceivedDelivery): { readonly attempt: number; readonly steps: readonly Step[] };
  /** Records an attempt and whether it was accepted. */
  record(delivery: ReceivedDelivery, isSuccess: boolean): void;
}

const hashOf = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex");
const signatureOf = ({ headers }: ReceivedDelivery): string =>
  `${headers["webhook-timestamp"]} ${headers["webhook-signature"]}`;

function compare(before: Attempt, delivery: ReceivedDelivery, isSame: boolean): Step {
  const seconds = ((delivery.receivedAt.getTime() - before.receivedAt.getTime()) / 1000).toFixed(1);
  if (!isSame) {
    return step(
      "retry",
      "wrong",
      "An earlier attempt with this webhook-id had different bytes. Store the body when you create the event and resend the same bytes.",
      "DLV-002",
    );
  }
  if (before.signature === signatureOf(delivery)) {
    return step(
      "retry",
      "wrong",
      "The timestamp and signature are the same as in the previous attempt. Sign every attempt again. Otherwise consumers reject late retries as stale.",
      "DLV-003",
    );
  }
  const why = before.wasAccepted
    ? " The previous attempt had already been answered with 2xx. Delivery is at least once, so this duplicate is allowed, and consumers drop it."
    : "";
  return step(
    "retry",
    "ok",
    `Same bytes, new signature, ${seconds} s after the previous attempt.${why}`,
    "DLV-002",
  );
}

/** Creates an empty log. */
export function createAttemptLog(): AttemptLog {
  const byId = new Map<string, Attempt>();
  return {
    inspect(delivery) {
      const id = delivery.headers["webhook-id"];
      const before = id === undefined ? undefined : byId.get(id);
      if (!before) return { attempt: 1, steps: [] };
      const isSame = before.bodyHash === hashOf(delivery.body);
      return { attempt: before.count + 1, steps: [compare(before, delivery, isSame)] };
    },
    record(delivery, isSuccess) {
      const id = delivery.headers["webhook-id"];
      if (id === undefined) return;
      const before = byId.get(id);
      byId.delete(id);
      byId.set(id, {
        count: (before?.count ?? 0) + 1,
        // Keeps the hash of the first attempt, so that every changed retry is reported.
        bodyHash: before?.bodyHash ?? hashOf(delivery.body),
        signature: signatureOf(delivery),
        receivedAt: delivery.receivedAt,
        wasAccepted: isSuccess,
      });
      const [oldest] = byId.keys();
      if (byId.size > MAX_IDS && oldest !== undefined) byId.delete(oldest);
    },
  };
}
