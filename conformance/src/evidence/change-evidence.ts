import type { Delivery, Exchange, Listing } from "./exchange.ts";

/** What the scenarios record that change the inventory while they look at it. */
export interface ChangeEvidence {
  /** A device that was put up, moved and taken down by sandbox commands. */
  readonly installation: {
    readonly siteId: string;
    readonly otherSiteId: string | null;
    /** Each command that the sandbox offers, with the device looked up after it; `null` where it offers none. */
    readonly added: Step | null;
    readonly moved: (Step & { readonly there: Listing; readonly hereStill: Listing }) | null;
    readonly removed: Step | null;
    /** An event that a device was told to publish; `null` where the sandbox does not offer that. */
    readonly published: Exchange | null;
  };
  /** A listing during which devices were changed, put up, moved and taken down. */
  readonly changingInventory: {
    readonly listing: Listing;
    /** The commands between its pages. */
    readonly commands: readonly Exchange[];
    /** Devices that were not there throughout. */
    readonly passing: readonly string[];
    /** A device that was put up before it, and moved during it. */
    readonly moved: string;
  };
  readonly sync: {
    /** The whole inventory, with the token to go on from. */
    readonly full: Listing;
    /** What had changed at once after it, as often as it was asked. */
    readonly unchanged: readonly Listing[];
    readonly changes: readonly SyncChange[];
    readonly madeUp: Exchange;
    /** A token of the whole inventory, sent with the filter of a site; `null` where there was none. */
    readonly ofOtherFilters: Exchange | null;
  };
  readonly conditional: {
    /** The first page of a listing, and a device; each as often as it took for nothing to change meanwhile. */
    readonly unchanged: readonly { readonly first: Exchange; readonly again: Exchange }[];
    /** The same before and after a device of the listing changed; the page did not have that device. */
    readonly changed: readonly { readonly before: Exchange; readonly after: Exchange }[];
    /** The command in between; `null` where the sandbox offers none. */
    readonly command: Exchange | null;
    /** A second page, asked for with the first one's ETag; `null` where there was one page. */
    readonly secondPage: Exchange | null;
  };
  /** What was posted of a device that was put up, moved and taken down. */
  readonly installationEvents: {
    readonly waitSeconds: number;
    readonly steps: readonly InstallationStep[];
    readonly deliveries: readonly Delivery[];
  };
}

/** A command about one device, and that device looked up after it. */
export interface Step {
  readonly deviceId: string;
  readonly command: Exchange;
  readonly lookedUp: Exchange;
}

/** A step, with the event that is to tell of it. */
export interface InstallationStep extends Step {
  readonly type: string;
  readonly siteId: string;
  readonly waitedSeconds: number;
  /** How many deliveries had come before it. */
  readonly from: number;
}

/** A change that was made, and what was listed by a token of before. */
export interface SyncChange {
  readonly kind: "status" | "added" | "moved" | "removed";
  readonly deviceId: string;
  readonly command: Exchange;
  /** The device as it is afterwards; a 404 where it is gone. */
  readonly lookedUp: Exchange;
  /** Listed by the token; with the filter of the site that the device was at, where it was moved. */
  readonly since: Listing;
}
