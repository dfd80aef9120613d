import type { Delivery, Exchange, Listing } from "./exchange.ts";

/** What the scenarios record that change the inventory while they read it. */
export interface ChangeEvidence {
  /** A device that sandbox commands added, moved and removed. */
  readonly installation: {
    readonly siteId: string;
    readonly otherSiteId: string | null;
    /**
     * For each command that the sandbox offers, the command and a lookup of the device after it; `null` if
     * not offered.
     */
    readonly added: Step | null;
    readonly moved: (Step & { readonly there: Listing; readonly hereStill: Listing }) | null;
    readonly removed: Step | null;
    /** An event that the sandbox was told to publish; `null` if it does not offer that. */
    readonly published: Exchange | null;
  };
  /** A listing during which devices were changed, added, moved and removed. */
  readonly changingInventory: {
    readonly listing: Listing;
    /** The commands between its pages. */
    readonly commands: readonly Exchange[];
    /** Devices that were not present throughout. */
    readonly passing: readonly string[];
    /** A device that was added before the listing and moved during it. */
    readonly moved: string;
  };
  readonly sync: {
    /** The whole inventory, with the token to continue from. */
    readonly full: Listing;
    /** The changes listed immediately after it, once per attempt. */
    readonly unchanged: readonly Listing[];
    readonly changes: readonly SyncChange[];
    readonly madeUp: Exchange;
    /** A call with the whole inventory's token and a site filter; `null` if there was no token. */
    readonly ofOtherFilters: Exchange | null;
  };
  readonly conditional: {
    /** The first page of a listing, and a device; repeated until nothing changed between the two calls. */
    readonly unchanged: readonly { readonly first: Exchange; readonly again: Exchange }[];
    /** The same calls before and after a device of the listing, not on that page, changed. */
    readonly changed: readonly { readonly before: Exchange; readonly after: Exchange }[];
    /** The command in between; `null` if the sandbox offers none. */
    readonly command: Exchange | null;
    /** A second page, requested with the first one's ETag; `null` if there was only one page. */
    readonly secondPage: Exchange | null;
  };
  /** The webhooks about a device that was added, moved and removed. */
  readonly installationEvents: {
    readonly waitSeconds: number;
    readonly steps: readonly InstallationStep[];
    readonly deliveries: readonly Delivery[];
  };
}

/** A command about one device, and a lookup of the device after it. */
export interface Step {
  readonly deviceId: string;
  readonly command: Exchange;
  readonly lookedUp: Exchange;
}

/** A step, with the event that should report it. */
export interface InstallationStep extends Step {
  readonly type: string;
  readonly siteId: string;
  readonly waitedSeconds: number;
  /** How many deliveries had arrived before it. */
  readonly from: number;
}

/** A change, and what a token from before it lists. */
export interface SyncChange {
  readonly kind: "status" | "added" | "moved" | "removed";
  readonly deviceId: string;
  readonly command: Exchange;
  /** The device after the change; a 404 if it is removed. */
  readonly lookedUp: Exchange;
  /** The listing with the token; for a moved device, filtered by its previous site. */
  readonly since: Listing;
}
