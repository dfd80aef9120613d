import type { Delivery, Exchange, Listing } from "./exchange.ts";

/** The evidence of the scenarios that change the inventory while they read it. */
export interface ChangeEvidence {
  /** A device that sandbox commands added, moved and removed. */
  readonly installation: {
    readonly siteId: string;
    readonly otherSiteId: string | null;
    /**
     * Each of these members holds a sandbox command and a lookup of the device after the command; `null` if
     * the sandbox does not offer the command.
     */
    readonly added: Step | null;
    readonly moved:
      | (Step & {
          /** The listing of the new site. */
          readonly there: Listing;
          /** The device listing of the site that the device was moved from. */
          readonly hereStill: Listing;
          /** The listing without a filter, and the listing of the org; absent in older evidence. */
          readonly elsewhere?: readonly Listing[];
        })
      | null;
    readonly removed: Step | null;
    /** The command to publish an event; `null` if the sandbox does not offer that. */
    readonly published: Exchange | null;
    /** The command to publish an event of a type that the device does not have. */
    readonly unknownType?: Exchange;
    /** The commands to add a device at a site that does not exist, and to move a device to such a site. */
    readonly atUnknownSite?: readonly Exchange[];
  };
  /** A listing during which devices were changed, added, moved and removed. */
  readonly changingInventory: {
    readonly listing: Listing;
    /** The commands between the listing's pages. */
    readonly commands: readonly Exchange[];
    /** Ids of devices that were present during only a part of the listing. */
    readonly passing: readonly string[];
    /** A device that was added before the listing and moved during it. */
    readonly moved: string;
    /** The inventory right before the listing; absent in older evidence. */
    readonly before?: Listing;
    /** Lookups of devices that only `before` has, made after the listing. */
    readonly lookups?: readonly { readonly deviceId: string; readonly exchange: Exchange }[];
    /**
     * A device that was listed and then moved, and a device that was listed and then removed. Each has the
     * changes since the listing's sync token; absent in older evidence.
     */
    readonly meanwhile?: readonly SyncChange[];
  };
  readonly sync: {
    /** A listing of the whole inventory; its sync token starts the listings of changes. */
    readonly full: Listing;
    /** The listings of changes requested immediately after the full listing, one per attempt. */
    readonly unchanged: readonly Listing[];
    readonly changes: readonly SyncChange[];
    readonly madeUp: Exchange;
    /** A call with the sync token of the whole inventory and a site filter; `null` if there was no token. */
    readonly ofOtherFilters: Exchange | null;
    /**
     * The responses to calls with a sync token that was changed, or that was issued for other filters; absent
     * in older evidence.
     */
    readonly misused?: readonly Exchange[];
    /**
     * The removal of a device, and a listing of changes after the removal. The token for that listing comes
     * from the listing that contained the device's tombstone.
     */
    readonly afterwards?: SyncChange;
  };
  readonly conditional: {
    /**
     * Calls for the first page of a listing and for a device, repeated until nothing changed between `first`
     * and `again`.
     */
    readonly unchanged: readonly { readonly first: Exchange; readonly again: Exchange }[];
    /**
     * The calls of `unchanged`, made before and again after a change of a device that is in the listing, but not
     * on its first page.
     */
    readonly changed: readonly {
      readonly before: Exchange;
      readonly after: Exchange;
      /** What changed; absent in older evidence. */
      readonly change?: string;
    }[];
    /** The command that changed the device; `null` if the sandbox offers none. */
    readonly command: Exchange | null;
    /** The second page, requested with the ETag of the first page; `null` if there was only one page. */
    readonly secondPage: Exchange | null;
  };
  /** Devices of each type that were added, preferably at an empty site, and removed again. */
  readonly completeness: {
    /** A site that is listed, but without devices; `null` if there is none. */
    readonly emptySiteId: string | null;
    /** The devices that were added; empty if the sandbox does not offer to add and remove devices. */
    readonly added: readonly AddedDevice[];
    /** The whole inventory with these devices. */
    readonly listing: Listing | null;
    readonly removed: readonly Exchange[];
    /** A device that was added after the others were removed. */
    readonly again: AddedDevice | null;
    /** The sites after the devices were removed. */
    readonly sitesAfter: Listing | null;
  };
  readonly outOfContact: OutOfContact;
  /** The webhooks about a device that was added, moved and removed. */
  readonly installationEvents: {
    readonly waitSeconds: number;
    readonly steps: readonly InstallationStep[];
    readonly deliveries: readonly Delivery[];
  };
}

/** A command to add a device. */
export interface AddedDevice {
  readonly type: string;
  readonly command: Exchange;
  /** Id of the added device; `null` if the sandbox did not add the device. */
  readonly deviceId: string | null;
}

/** A device that was taken offline, and the devices behind it. */
export interface OutOfContact {
  /** Id of the device that was taken offline; `null` if no device can be changed. */
  readonly deviceId: string | null;
  /** Ids of the devices behind this device; empty if this device is not a connector. */
  readonly behind: readonly string[];
  /** The command that took the device offline. */
  readonly command: Exchange | null;
  /** Lookups of the device and of the devices behind it, several times while it was offline. */
  readonly rounds: readonly (readonly LookedUp[])[];
  /** A listing of the device's site while the device was offline. */
  readonly listing: Listing | null;
  /**
   * Lookups of the devices behind the device after the device was back online; `null` if no device was
   * changed.
   */
  readonly back: readonly LookedUp[] | null;
}

/** A lookup of one device. */
export interface LookedUp {
  readonly deviceId: string;
  readonly exchange: Exchange;
}

/** A command about one device, and a lookup of the device after the command. */
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
  /** How many deliveries had arrived before the command, and when the suite stopped waiting for the event. */
  readonly from: number;
  readonly to?: number;
}

/** A change, and the listing requested with a sync token from before the change. */
export interface SyncChange {
  /**
   * `moved` means that the device moved out of the filter. `changed` means that the device moved within the
   * filter.
   */
  readonly kind: "status" | "added" | "changed" | "moved" | "removed";
  readonly deviceId: string;
  readonly command: Exchange;
  /** A lookup of the device after the change; a 404 if the device was removed. */
  readonly lookedUp: Exchange;
  /** The filter of both listings; absent in older evidence. */
  readonly filter?: Readonly<Record<string, string>>;
  /** The listing requested with the token. */
  readonly since: Listing;
}
