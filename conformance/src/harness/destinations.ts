import { createHash, randomBytes } from "node:crypto";
import type { Delivery } from "../evidence/exchange.ts";
import { type AnswerProgramme, type ProgrammedAnswer, statusOf } from "./programmed-answer.ts";

/** A URL that the vendor posts to, and the deliveries that arrived there. */
interface Destination {
  readonly programme: AnswerProgramme;
  readonly redirectTo: string;
  readonly deliveries: Delivery[];
  /**
   * Counts attempts by `webhook-id` and by body, to recognize retries in which the vendor changes the id or
   * the body.
   */
  readonly attempts: Map<string, number>;
  /** The last delivery of each request, with its answer. */
  readonly answered: Map<string, { readonly delivery: Delivery; readonly answer: ProgrammedAnswer }>;
}

/** A recorded delivery and its programmed response. */
interface Recorded {
  readonly answer: ProgrammedAnswer;
  /** Records that the sender closed the connection before the response. */
  hangUp(afterSeconds: number): void;
}

/** The destinations of a run. */
export interface Destinations {
  /** @returns the last segment of the new destination's path */
  add(programme: AnswerProgramme, redirectTo: string): string;
  find(url: URL): Destination | undefined;
  /**
   * Answers every delivery to any destination with this answer instead of the destination's programme. `null`
   * restores the programmes.
   */
  override(answer: ProgrammedAnswer | null): void;
  record(to: Destination, headers: Delivery["headers"], body: Buffer, receivedAt: Date): Recorded;
}

/**
 * Returns the name of a destination: the last segment of the path, because a proxy may strip earlier
 * segments.
 */
const nameOf = ({ pathname }: URL): string => pathname.slice(pathname.lastIndexOf("/") + 1);

function countAttempt({ attempts }: Destination, headers: Delivery["headers"], body: Buffer): number {
  const names = [`id ${headers["webhook-id"]}`, createHash("sha256").update(body).digest("hex")];
  const attempt = Math.max(...names.map((name) => attempts.get(name) ?? 0)) + 1;
  for (const name of names) attempts.set(name, attempt);
  return attempt;
}

/**
 * A copy of a request arrives within this time after the request. A retry comes later and has a newer
 * timestamp.
 */
const COPY_MS = 950;

/** Returns a key that is the same for every copy of one signed request. */
const requestOf = (headers: Delivery["headers"], bodyBase64: string): string =>
  JSON.stringify([
    headers["webhook-timestamp"],
    headers["webhook-signature"],
    headers["webhook-id"],
    bodyBase64,
  ]);

export function createDestinations(): Destinations {
  const byName = new Map<string, Destination>();
  let received = 0;
  let overriding: ProgrammedAnswer | null = null;
  return {
    add(programme, redirectTo) {
      const name = randomBytes(16).toString("hex");
      byName.set(name, { programme, redirectTo, deliveries: [], attempts: new Map(), answered: new Map() });
      return name;
    },
    find: (url) => byName.get(nameOf(url)),
    override(answer) {
      overriding = answer;
    },
    record(destination, headers, body, receivedAt) {
      const { deliveries, programme, answered } = destination;
      received += 1;
      const bodyBase64 = body.toString("base64");
      const request = requestOf(headers, bodyBase64);
      const before = answered.get(request);
      const isCopy =
        headers["webhook-signature"] !== undefined &&
        before !== undefined &&
        receivedAt.getTime() - Date.parse(before.delivery.receivedAt) < COPY_MS;
      const answer =
        overriding ?? (isCopy ? before.answer : programme(countAttempt(destination, headers, body)));
      const delivery: Delivery = {
        id: `d${received}`,
        receivedAt: receivedAt.toISOString(),
        headers,
        bodyBase64,
        answeredStatus: statusOf(answer),
        ...(isCopy && { copyOf: before.delivery.id }),
      };
      if (!isCopy) answered.set(request, { delivery, answer });
      const position = deliveries.push(delivery) - 1;
      return {
        answer,
        hangUp(hungUpAfterSeconds) {
          deliveries[position] = { ...delivery, answeredStatus: null, hungUpAfterSeconds };
        },
      };
    },
  };
}
