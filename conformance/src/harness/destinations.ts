import { createHash, randomBytes } from "node:crypto";
import type { Delivery } from "../evidence/exchange.ts";
import { type AnswerProgramme, type ProgrammedAnswer, statusOf, takeAll } from "./programmed-answer.ts";

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
  /** Aborted when a loan ends. */
  readonly ended: AbortController;
  /** The last delivery of each request, with its answer. */
  readonly answered: Map<string, { readonly delivery: Delivery; readonly answer: ProgrammedAnswer }>;
}

/**
 * A URL that a person registered at the vendor. It stays registered during the whole run, so scenarios borrow it one after
 * another.
 */
interface Served {
  /** Gets every delivery. */
  readonly whole: Destination;
  /** The loans that have not ended, the latest last. */
  readonly loans: Destination[];
  /**
   * For each delivery, the loans during which its first attempt arrived. Its retries belong to these loans, not to a
   * later one.
   */
  readonly borrowers: Map<string, readonly Destination[]>;
}

/** A recorded delivery and its programmed response. */
interface Recorded {
  readonly answer: ProgrammedAnswer;
  /** The target of a redirect. */
  readonly redirectTo: string;
  /** Aborted when the receiver must not keep the sender waiting any longer. */
  readonly ended: AbortSignal;
  /** Records that the sender closed the connection before the response. */
  hangUp(afterSeconds: number): void;
}

/** The destinations of a run. */
export interface Destinations {
  /** @returns the last segment of the new destination's path */
  add(programme: AnswerProgramme, redirectTo: string): string;
  /**
   * Serves the path of a URL that was registered by hand. The path may contain earlier segments that a proxy strips.
   *
   * @returns the URL of the destination that gets every delivery to the path
   */
  serve(url: URL): string;
  /**
   * Lends a served URL. The loan gets only deliveries that arrive first from now on, as a new endpoint would. Its programme
   * answers them.
   *
   * @returns the URL of the loan
   */
  lend(served: URL, programme: AnswerProgramme, redirectTo: string): string;
  /** Ends a loan, and cuts its connections that wait for a response. From now on, the served URL accepts everything. */
  endLoan(url: URL): void;
  find(url: URL): Destination | undefined;
  /**
   * Answers every delivery to any destination with this answer instead of the destination's programme. `null`
   * restores the programmes.
   */
  override(answer: ProgrammedAnswer | null): void;
  /**
   * Removes and returns what arrived at a destination, so that a run of days does not fill the memory. Forgets what
   * only retries need.
   */
  take(from: Destination, now: number): readonly Delivery[];
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
export const COPY_MS = 950;

/** Returns a key that is the same for every copy of one signed request. */
export const requestOf = (headers: Delivery["headers"], bodyBase64: string): string =>
  JSON.stringify([
    headers["webhook-timestamp"],
    headers["webhook-signature"],
    headers["webhook-id"],
    bodyBase64,
  ]);

const createDestination = (programme: AnswerProgramme, redirectTo: string): Destination => ({
  programme,
  redirectTo,
  deliveries: [],
  attempts: new Map(),
  ended: new AbortController(),
  answered: new Map(),
});

/** Tells whether a request for this path may be for a served URL whose first segments a proxy strips. */
const leadsTo = (served: string, requested: string): boolean =>
  served === requested || (requested !== "/" && served.endsWith(requested));

export function createDestinations(): Destinations {
  const byName = new Map<string, Destination>();
  const served = new Map<string, Served>();
  const loans = new Map<string, { readonly loan: Destination; readonly of: Served }>();
  const servedAs = new Map<Destination, Served>();
  let received = 0;
  let overriding: ProgrammedAnswer | null = null;

  const findServed = ({ pathname }: URL): Served | undefined => {
    const paths = [...served.keys()].filter((path) => leadsTo(path, pathname));
    return served.get(pathname) ?? (paths.length === 1 ? served.get(paths[0] ?? "") : undefined);
  };

  /** Returns the destinations that list a delivery, and the one whose programme answers it. */
  function addresseesOf(destination: Destination, headers: Delivery["headers"], bodyBase64: string) {
    const of = servedAs.get(destination);
    if (!of) return { lists: [destination], answering: destination };
    const key = `${headers["webhook-id"]} ${createHash("sha256").update(bodyBase64).digest("hex")}`;
    const borrowers = of.borrowers.get(key) ?? [...of.loans];
    of.borrowers.set(key, borrowers);
    const isFaulty = (each: Destination) => each.programme !== takeAll && of.loans.includes(each);
    return {
      lists: [of.whole, ...borrowers],
      answering: borrowers.findLast(isFaulty) ?? of.whole,
    };
  }

  return {
    add(programme, redirectTo) {
      const name = randomBytes(16).toString("hex");
      byName.set(name, createDestination(programme, redirectTo));
      return name;
    },
    serve(url) {
      const whole = createDestination(takeAll, "/");
      const each: Served = { whole, loans: [], borrowers: new Map() };
      served.set(url.pathname, each);
      servedAs.set(whole, each);
      return url.href;
    },
    lend(url, programme, redirectTo) {
      const of = findServed(url);
      if (!of) throw new Error(`nothing is served at ${url.pathname}`);
      const loan = createDestination(programme, redirectTo);
      of.loans.push(loan);
      const name = `loan-${loans.size + 1}`;
      loans.set(name, { loan, of });
      return new URL(`#${name}`, url).href;
    },
    endLoan({ hash }) {
      const { loan, of } = loans.get(hash.slice(1)) ?? {};
      if (!loan || !of?.loans.includes(loan)) return;
      of.loans.splice(of.loans.indexOf(loan), 1);
      loan.ended.abort();
    },
    find: (url) => loans.get(url.hash.slice(1))?.loan ?? findServed(url)?.whole ?? byName.get(nameOf(url)),
    override(answer) {
      overriding = answer;
    },
    take(destination, now) {
      const { answered, attempts, deliveries } = destination;
      attempts.clear();
      servedAs.get(destination)?.borrowers.clear();
      for (const [request, { delivery }] of answered)
        if (now - Date.parse(delivery.receivedAt) >= COPY_MS) answered.delete(request);
      return deliveries.splice(0);
    },
    record(destination, headers, body, receivedAt) {
      const { answered } = destination;
      received += 1;
      const bodyBase64 = body.toString("base64");
      const { lists, answering } = addresseesOf(destination, headers, bodyBase64);
      const request = requestOf(headers, bodyBase64);
      const before = answered.get(request);
      const isCopy =
        headers["webhook-signature"] !== undefined &&
        before !== undefined &&
        receivedAt.getTime() - Date.parse(before.delivery.receivedAt) < COPY_MS;
      const answer =
        overriding ?? (isCopy ? before.answer : answering.programme(countAttempt(answering, headers, body)));
      const delivery: Delivery = {
        id: `d${received}`,
        receivedAt: receivedAt.toISOString(),
        headers,
        bodyBase64,
        answeredStatus: statusOf(answer),
        ...(isCopy && { copyOf: before.delivery.id }),
      };
      if (!isCopy) answered.set(request, { delivery, answer });
      const positions = lists.map(({ deliveries }) => ({ deliveries, at: deliveries.push(delivery) - 1 }));
      return {
        answer,
        redirectTo: answering.redirectTo,
        ended: answering.ended.signal,
        hangUp(hungUpAfterSeconds) {
          const ended = { ...delivery, answeredStatus: null, hungUpAfterSeconds };
          // A delivery that was taken is no longer in its place.
          for (const { deliveries, at } of positions) if (deliveries[at] === delivery) deliveries[at] = ended;
        },
      };
    },
  };
}
