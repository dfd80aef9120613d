import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { findAttempts } from "../evidence/match-deliveries.ts";
import type { Behaviour, TriggeredChange } from "../evidence/resilience-evidence.ts";

type Retries = Evidence["retries"];

/** The attempts at telling one endpoint of one change. */
export interface Attempts {
  /** Id of the first. */
  readonly at: string;
  readonly behaviour: Behaviour;
  readonly change: TriggeredChange;
  readonly first: Delivery;
  readonly retries: readonly Delivery[];
}

const isMade = ({ command: { response } }: TriggeredChange) =>
  response !== null && response.status >= 200 && response.status < 300;

/** The changes that were truly made: one whose command the vendor refused changed nothing that could be told of. */
export const madeOf = (changes: readonly TriggeredChange[]): readonly TriggeredChange[] =>
  changes.filter(isMade);

/**
 * What came of each change at endpoints of this behaviour; where nothing came at all, that is EVT-001's matter. Changes
 * that were told of by the same deliveries, as those in a batch are, count once.
 */
export function attemptsTo(retries: Retries, behaviour: Behaviour): readonly Attempts[] {
  const all = new Map<string, Attempts>();
  for (const change of madeOf(retries.changes)) {
    const attempts = findAttempts(change, retries.endpoints[behaviour].deliveries);
    const [first, ...later] = attempts;
    if (first) {
      const told = attempts.map(({ id }) => id).join();
      all.set(told, all.get(told) ?? { at: first.id, behaviour, change, first, retries: later });
    }
  }
  return [...all.values()];
}

/** Seconds from one delivery to the next. */
export const secondsBetween = (one: Delivery, other: Delivery): number =>
  (Date.parse(other.receivedAt) - Date.parse(one.receivedAt)) / 1000;

/** The waits before each retry, in seconds. */
export const waitsOf = ({ first, retries }: Attempts): number[] =>
  retries.map((retry, index) => secondsBetween(retries[index - 1] ?? first, retry));
