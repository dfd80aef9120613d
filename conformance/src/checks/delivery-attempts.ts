import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import {
  findAttempts,
  findPublishedAttempts,
  findReports,
  isSameDelivery,
  selectSuccessful,
} from "../evidence/match-deliveries.ts";
import type { Behaviour, TriggeredChange } from "../evidence/resilience-evidence.ts";

type Retries = Evidence["retries"];

/** Two servers of a vendor may make the same attempt within this time. */
const COPIES_MS = 2000;

/**
 * Tells whether a delivery is a retry that began after a moment, such as a deletion or a 410. A retry begins a while
 * after the earlier attempt was answered, so even a retry with the earlier attempt's signature shows when it began.
 *
 * @param moment Unix milliseconds
 * @param earlier the deliveries to the same endpoint that arrived before
 */
export function isRetryAfter(
  delivery: Delivery,
  moment: number,
  earlier: readonly Delivery[],
  { scheduleSeconds }: Pick<Retries, "scheduleSeconds">,
): boolean {
  // Jitter may shorten a wait.
  const minWaitMs = ((scheduleSeconds[0] ?? 0) * 1000) / 2;
  return (
    Date.parse(delivery.receivedAt) > moment + COPIES_MS &&
    earlier.some(
      (other) => isSameDelivery(other, delivery) && Date.parse(other.receivedAt) + minWaitMs > moment,
    )
  );
}

/** The attempts to deliver one change to one endpoint. */
export interface Attempts {
  /** Id of the first attempt. */
  readonly at: string;
  readonly behaviour: Behaviour;
  readonly first: Delivery;
  readonly retries: readonly Delivery[];
}

/** This endpoint accepts or stops every delivery, so no further attempt follows. */
const IS_FINAL: readonly Behaviour[] = ["healthy", "accepting", "gone"];

/** Returns the deliveries to an endpoint, without copies. Older evidence lacks some endpoints. */
const originalsAt = (endpoints: Retries["endpoints"], behaviour: Behaviour): readonly Delivery[] =>
  (endpoints[behaviour]?.deliveries ?? []).filter(({ copyOf }) => copyOf === undefined);

/**
 * Returns the attempts at the delivery of a change. If no later delivery has the same id or the same body, a
 * later report of the status may be a retry that changed both. DLV-002 reports such a retry.
 */
function findAttemptsAt({ endpoints }: Retries, behaviour: Behaviour, change: TriggeredChange) {
  const deliveries = originalsAt(endpoints, behaviour);
  const attempts = findAttempts(change, deliveries);
  return attempts.length > 1 || IS_FINAL.includes(behaviour) ? attempts : findReports(change, deliveries);
}

/**
 * Returns the attempts to deliver each change and each event of another type to the endpoint with this behaviour. EVT-001 reports changes
 * without attempts. Changes that the same deliveries report (as in a batch) count once.
 */
export function findAttemptsBy(retries: Retries, behaviour: Behaviour): readonly Attempts[] {
  const all = new Map<string, Attempts>();
  const { changes, published = [] } = retries.endpoints[behaviour]?.during ?? retries;
  const ofChanges = selectSuccessful(changes).map((change) => findAttemptsAt(retries, behaviour, change));
  const ofPublished = published.map((event) =>
    findPublishedAttempts(event, originalsAt(retries.endpoints, behaviour)),
  );
  for (const attempts of [...ofChanges, ...ofPublished]) {
    const [first, ...later] = attempts;
    if (first) {
      const key = attempts.map(({ id }) => id).join();
      all.set(key, all.get(key) ?? { at: first.id, behaviour, first, retries: later });
    }
  }
  return [...all.values()];
}

/** Returns the seconds between two deliveries. */
export const secondsBetween = (one: Delivery, other: Delivery): number =>
  (Date.parse(other.receivedAt) - Date.parse(one.receivedAt)) / 1000;

/** Returns the wait before each retry, in seconds. */
export const waitsOf = ({ first, retries }: Attempts): number[] =>
  retries.map((retry, index) => secondsBetween(retries[index - 1] ?? first, retry));
