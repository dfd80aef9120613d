import type { Delivery, Exchange } from "./exchange.ts";

/** Keeps the ids of several runs of one window different from each other, and from the ids in other parts of a run. */
export const SESSION_IDS = 1_000_000;

/** What a passive window recorded. @see spec/decisions/0019-a-passive-window.md */
export interface Observation {
  readonly latencySeconds: number;
  /** The least that a window has to show: changes, and device types that changed in both directions. */
  readonly goal: { readonly changes: number; readonly types: number };
  /** The periods in which the suite ran and its receiver accepted deliveries, in order. */
  readonly periods: readonly { readonly from: string; readonly to: string }[];
  /** One in how many devices was kept: 1, or a power of 2 if there were too many deliveries. */
  readonly oneIn: number;
  readonly polls: readonly Poll[];
  /** The endpoints that a person registered: one or two. */
  readonly endpoints: readonly ObservedEndpoint[];
}

/** An endpoint that a person registered, with what arrived there. */
export interface ObservedEndpoint {
  readonly destination: string;
  readonly secret: string;
  /** With only the headers that belong to the contract. */
  readonly deliveries: readonly Delivery[];
}

/** A look at the inventory. */
export interface Poll {
  /** A listing of all devices, a listing of the changes since a token, or a lookup of one device. */
  readonly kind: "listing" | "changes" | "lookup";
  /**
   * The lookup, or an excerpt of the listing: its first page, whose `data` has only the entries of devices that changed or
   * had an event, from all pages, with the members that the suite compares.
   */
  readonly exchange: Exchange;
  /** When the last page was complete. */
  readonly endedAt: string;
  /**
   * Devices that the listing lacks, although an event or another listing has them. A listing of the changes lacks a device
   * that did not change; for one that was removed, it has a tombstone. Absent if there are none, and in older evidence.
   */
  readonly absent?: readonly string[];
}
