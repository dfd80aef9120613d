import type { Evidence } from "../evidence/evidence.ts";
import type { Traffic } from "../evidence/traffic.ts";

/** What one bundle shows. */
export interface Snapshot {
  readonly parts: Partial<Evidence>;
  readonly manifest: Evidence["discovery"]["manifest"];
  readonly traffic: Traffic;
}

/** The part of a finding that one bundle shows. */
export interface Side {
  /** Id of the exchange or delivery. */
  readonly at: string;
  /** The call, such as `GET https://…`; `null` for a delivery. */
  readonly call: string | null;
  /** JSON pointer or header name. */
  readonly where: string;
  readonly shows: string;
}

/** One way in which two bundles together show that a requirement is broken. */
export interface Difference {
  readonly older: Side;
  readonly newer: Side;
  readonly expected: string;
  /** What to change, or the likely causes. */
  readonly hint: string;
}

/** What the comparison for one requirement found. */
export interface Compared {
  readonly differences: readonly Difference[];
  /** What may break the requirement, or could not be compared. */
  readonly doubts: readonly string[];
  /** How many objects, names, calls or deliveries the comparison covered. */
  readonly compared: number;
}

export const HOUR_MS = 3_600_000;

/** Describes a place in the evidence of one bundle. */
export function sideOf({ traffic }: Snapshot, at: string, where: string, shows: string): Side {
  const exchange = traffic.exchanges.find(({ id }) => id === at);
  return { at, call: exchange ? `${exchange.request.method} ${exchange.request.url}` : null, where, shows };
}
