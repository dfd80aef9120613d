import { createHash } from "node:crypto";
import { type ReceivedDelivery, type Step, step } from "./inspection.ts";

/** How many ids are remembered; the oldest goes first. */
const MOST_IDS = 10_000;

interface Attempt {
  readonly count: number;
  readonly bodyHash: string;
  readonly signature: string;
  readonly receivedAt: Date;
  readonly answeredWell: boolean;
}

/** Remembers deliveries by their ids, so that a retry can be held against the attempt before it. */
export interface Attempts {
  /** Which attempt this is, from 1, and how it compares with the one before. */
  look(delivery: ReceivedDelivery): { readonly attempt: number; readonly steps: readonly Step[] };
  /** Remembers what it was answered with. */
  answered(delivery: ReceivedDelivery, isSuccess: boolean): void;
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
      "This webhook-id came before with other bytes. Store the body when the event is made, and send those bytes again.",
      "DLV-002",
    );
  }
  if (before.signature === signatureOf(delivery)) {
    return step(
      "retry",
      "wrong",
      "It has the timestamp and signature of the attempt before. Sign every attempt anew, or late retries will be refused as stale.",
      "DLV-003",
    );
  }
  const why = before.answeredWell
    ? " The one before was answered with 2xx: at least once is allowed, and a consumer takes it for what it is."
    : "";
  return step(
    "retry",
    "ok",
    `The same bytes, signed anew, ${seconds} s after the attempt before.${why}`,
    "DLV-002",
  );
}

export function createAttempts(): Attempts {
  const byId = new Map<string, Attempt>();
  return {
    look(delivery) {
      const id = delivery.headers["webhook-id"];
      const before = id === undefined ? undefined : byId.get(id);
      if (!before) return { attempt: 1, steps: [] };
      const isSame = before.bodyHash === hashOf(delivery.body);
      return { attempt: before.count + 1, steps: [compare(before, delivery, isSame)] };
    },
    answered(delivery, isSuccess) {
      const id = delivery.headers["webhook-id"];
      if (id === undefined) return;
      const before = byId.get(id);
      byId.delete(id);
      byId.set(id, {
        count: (before?.count ?? 0) + 1,
        // Of the first attempt: whoever changes the body is told so each time.
        bodyHash: before?.bodyHash ?? hashOf(delivery.body),
        signature: signatureOf(delivery),
        receivedAt: delivery.receivedAt,
        answeredWell: isSuccess,
      });
      const [oldest] = byId.keys();
      if (byId.size > MOST_IDS && oldest !== undefined) byId.delete(oldest);
    },
  };
}
