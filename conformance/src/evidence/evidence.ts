import type { DeviceStatus } from "@convergint/schemas";
import type { ChangeEvidence } from "./change-evidence.ts";
import type { Delivery, Exchange, Listing } from "./exchange.ts";
import type { ListingBetween } from "./listing-between.ts";
import type { Observation } from "./observation-evidence.ts";
import type { PollingEvidence } from "./polling-evidence.ts";
import type { DeviceFilters } from "./read.ts";
import type { ReceiverEvidence } from "./receiver-evidence.ts";
import type { FamilyOccurrence, ResilienceEvidence, TriggeredChange } from "./resilience-evidence.ts";

/** A change of a device's status that the suite triggered. */
export interface StatusChange {
  readonly deviceId: string;
  readonly status: DeviceStatus;
  readonly triggeredAt: string;
  /** The sandbox command that triggered the change. */
  readonly command: Exchange;
  /** How long the suite waited for the webhook. */
  readonly waitedSeconds: number;
  /** The deliveries that arrived during the wait, as a range of positions; `to` is exclusive. */
  readonly window: { readonly from: number; readonly to: number };
  /**
   * The delivery that reports the change; `null` if there is none. If this member is present, ignore `window`.
   */
  readonly report?: Delivery | null;
  /** The device in the inventory after the wait. */
  readonly inventoryAfter: Exchange;
}

/** A period in which this process had work to do but did not run, because the machine was busy. */
export interface Stall {
  /** When the stall ended. */
  readonly until: string;
  readonly lostMs: number;
}

/** An endpoint that was registered for only some events. */
export interface SubscribedEndpoint {
  readonly created: Exchange;
  readonly subscription: { readonly org_id?: string; readonly event_types?: readonly string[] };
  readonly deliveries: readonly Delivery[];
}

/** The endpoints that the suite registered by the vendor's API. */
export interface ManagedEndpoints {
  /** The destination of the first endpoint. */
  readonly destination: string;
  readonly created: Exchange;
  readonly otherDestination: string;
  readonly otherCreated: Exchange;
  /** The endpoints and a page of devices before the first registration, and the page after it. */
  readonly first?: { readonly listed: Exchange; readonly before: Exchange; readonly after: Exchange };
  readonly listed: Exchange;
  /**
   * Two registrations of the same further destination, removed immediately after the test; absent in older
   * evidence.
   */
  readonly twice?: readonly Exchange[];
  /** Registrations of destinations that the vendor must refuse. */
  readonly forbidden: readonly Exchange[];
}

/** The endpoints that a person registered at the vendor before the run. */
interface HandRegisteredEndpoints {
  readonly destination: string;
  /** `null` if there is only one endpoint. */
  readonly otherDestination: string | null;
  /** The secret of each endpoint. */
  readonly secrets: readonly string[];
  /** When the suite began to collect deliveries. */
  readonly since: string;
  readonly created?: never;
  readonly first?: never;
}

/** What arrived at the two endpoints of `endpoints`. */
export interface CollectedDeliveries {
  readonly deliveries: readonly Delivery[];
  /** Empty if there is only one endpoint. */
  readonly otherDeliveries: readonly Delivery[];
  /**
   * The inventory at the end of the run, after these deliveries; absent if the earlier listing agrees with
   * the deliveries.
   */
  readonly listedAfter?: Listing;
}

/** The calls about the two endpoints of `endpoints`, and everything that arrived at these endpoints. */
export interface ManagedLifecycle extends CollectedDeliveries {
  /** `ping` and `rotation` are calls about the first endpoint. */
  readonly ping: Exchange;
  readonly rotation: Exchange;
  readonly afterRotation: StatusChange;
  /** `deletion` is a call about the second endpoint. */
  readonly deletion: Exchange;
  /** How many deliveries had arrived at the second endpoint when the vendor answered the deletion. */
  readonly deliveredBeforeDeletion: number;
  readonly afterDeletion: StatusChange;
  /** Id of a third endpoint, whose receiver answered 410; `null` if nothing was posted to it. */
  readonly stoppedId: string | null;
  readonly listedAfterwards: Exchange;
}

/** The answer to a token that the vendor must refuse. */
export interface RefusedToken {
  /** What is wrong with the token. */
  readonly kind:
    | "expired"
    | "early"
    | "signature"
    | "kid"
    | "issuer"
    | "audience"
    | "none"
    | "shared_secret"
    | "algorithm"
    | "lifetime"
    | "endless";
  readonly exchange: Exchange;
}

/** A filtered listing of devices. */
type FilteredListing = Pick<ListingBetween, "listing"> & Partial<ListingBetween>;

/**
 * Everything that the scenarios record, divided into parts. It is plain data, so that it can be saved and
 * judged again.
 */
export interface Evidence extends ReceiverEvidence, PollingEvidence, ResilienceEvidence, ChangeEvidence {
  readonly discovery: {
    readonly manifest: Exchange;
    /** Whether this process rejects invalid certificates; absent in older bundles. */
    readonly rejectsCertificates?: boolean;
  };
  readonly authentication: {
    readonly withoutCredential: readonly Exchange[];
    readonly wrongCredential: readonly Exchange[];
    /** The made-up credential. The suite searches the responses for this credential. */
    readonly wrongKey: string;
    /**
     * The recorded calls that sent the valid credential in the query, not in the header; empty if the run has
     * neither an API key nor a private key.
     */
    readonly inQuery?: readonly Exchange[];
  };
  /** The responses of the manifest's `token_url`, and calls with the first token that the vendor issued. */
  readonly oauth: {
    readonly issued: Exchange;
    /** Responses to invalid client credentials. */
    readonly wrong: readonly Exchange[];
    /** Responses to invalid assertions; absent if the client has a secret. */
    readonly assertions?: readonly Exchange[];
    /**
     * Calls with the first token, before and after the client got `another` token; `null` if no token was issued.
     */
    readonly use: {
      readonly fresh: Exchange;
      readonly another: Exchange;
      readonly afterAnother: Exchange;
    } | null;
    /**
     * The exchanges before and after the token's expiry; `null` if the expiry was too far off to wait for.
     */
    readonly expiry: {
      readonly nearEnd: Exchange;
      readonly expired: Exchange;
      /** The control for `expiry`: a new token, and a call with the new token. */
      readonly renewed: Exchange;
      readonly withRenewed: Exchange | null;
    } | null;
    /**
     * A call with the token of --expired-access-token. The suite makes this call if no issued token expires
     * soon enough.
     */
    readonly givenExpired?: Exchange;
  };
  /** Calls with tokens that the suite signed. */
  readonly signedTokens: {
    /** The answers to valid tokens, the usual one first. */
    readonly accepted: readonly Exchange[];
    readonly refused: readonly RefusedToken[];
    /** The algorithms of the keys that the run was given. */
    readonly algorithms: readonly string[];
    /** The answers to tokens of the current key, the next key and the current key; `null` without a next key. */
    readonly rotation: readonly Exchange[] | null;
  };
  /** The exchanges of every kind with a credential that was withdrawn or has expired. */
  readonly withdrawal: { readonly calls: readonly Exchange[] };
  readonly orgs: { readonly listing: Listing };
  readonly sites: {
    readonly listing: Listing;
    readonly byOrg: readonly { readonly orgId: string; readonly listing: Listing }[];
    readonly unknownOrg: Exchange;
  };
  readonly devices: { readonly listing: Listing };
  readonly paging: {
    /** The inventory read a second time, with a `limit` small enough to make several pages. */
    readonly inSmallPages: Listing;
    readonly orgsInSmallPages: Listing;
    readonly sitesInSmallPages: Listing;
    readonly madeUpCursor: Exchange;
    readonly badLimits: readonly Exchange[];
    /** The listings in small pages, and the inventory without a `limit` unless it is large; absent in older evidence. */
    readonly between?: Readonly<Record<"orgs" | "sites" | "devices", ListingBetween>> & {
      readonly byDefault?: ListingBetween;
    };
    /** The first pages of a listing of devices with one device per page. */
    readonly singles?: Listing;
    /**
     * The exchanges with further cursors: cursors that the vendor did not issue, or issued for other filters.
     */
    readonly badCursors?: readonly Exchange[];
  };
  readonly limits: {
    readonly maxPageSize: number;
    /** The first page of devices with `limit` at the maximum. */
    readonly atMaximum: Exchange;
    /** The first page of devices, requested with a `limit` one above the maximum. */
    readonly aboveMaximum: Exchange;
    /** Repetitions of `aboveMaximum`, if that page was much shorter than the page at the maximum. */
    readonly repeated?: readonly Exchange[];
    /** A page of devices with a huge `limit`, and pages of orgs and sites at and above the maximum. */
    readonly others?: readonly Exchange[];
    /** A page requested by a client that accepts only gzip. */
    readonly compressed: Exchange;
  };
  readonly filters: {
    /** Each listing lies between two readings of the inventory. Older evidence lacks these readings. */
    readonly bySite: readonly ({ readonly siteId: string } & FilteredListing)[];
    readonly byOrg: readonly ({ readonly orgId: string } & FilteredListing)[];
    /** The listings filtered by a system, some of them also by a site or org; absent without `system_filter`. */
    readonly bySystem?: readonly ({ readonly filters: DeviceFilters } & FilteredListing)[];
    readonly unknownSite: Exchange;
    readonly unknownOrg: Exchange;
    /** Absent without `system_filter`. */
    readonly unknownSystem?: Exchange;
    /**
     * A listing filtered by a site and by an org to which the site does not belong; absent if there is only
     * one org.
     */
    readonly siteOfOtherOrg?: Exchange;
    /** A listing requested with a `since` that the vendor did not issue. */
    readonly madeUpSince: Exchange;
  };
  readonly lookups: {
    /**
     * The inventory read a second time, because a lookup differed from the first reading; absent if no lookup
     * differed.
     */
    readonly listedAgain?: Listing;
    /** The devices whose lookup differs from the second listing, looked up once more after it; absent like that listing. */
    readonly lookedUpAgain?: readonly { readonly deviceId: string; readonly exchange: Exchange }[];
    readonly devices: readonly { readonly deviceId: string; readonly exchange: Exchange }[];
    readonly unknownDevice: Exchange;
    /** Calls that a framework refuses before any handler sees them; absent in older evidence. */
    readonly refused?: readonly Exchange[];
  };
  /** What another tenant of the vendor can see. */
  readonly isolation: {
    readonly orgs: Listing;
    readonly sites: Listing;
    readonly devices: Listing;
    /**
     * Calls in which the other tenant requests the first tenant's data, each paired with an equivalent call for
     * something that does not exist.
     */
    readonly crossings: readonly { readonly theirs: Exchange; readonly unknown: Exchange }[];
    /** The other tenant's calls with cursors that were issued to the first tenant. */
    readonly cursors: readonly Exchange[];
    /**
     * Each tenant's response to a call with a sync token of the first tenant, after a device of the first
     * tenant changed.
     */
    readonly foreignToken: {
      readonly own: Exchange;
      readonly theirs: Exchange;
      /** What has changed since the other tenant's own listing. */
      readonly changes?: Exchange;
    } | null;
    /**
     * An endpoint of the first tenant that the other tenant tried to delete, and the list of endpoints after
     * that attempt.
     */
    readonly endpoint?: { readonly id: string; readonly listed: Exchange };
    /** The events since the start of the run that the other tenant sees; absent without backfill. */
    readonly events?: Listing;
  };
  readonly catalogue: { readonly exchange: Exchange };
  readonly endpoints: ManagedEndpoints | HandRegisteredEndpoints;
  readonly sandbox: {
    readonly deviceId: string;
    readonly withoutCredential: Exchange;
    readonly deviceBefore: Exchange;
    readonly deviceAfter: Exchange;
    readonly unknownDevice: Exchange;
    /** All other sandbox commands, sent without a credential. Each has an id or body that does no harm. */
    readonly othersWithoutCredential?: readonly Exchange[];
    /** All other sandbox commands, sent for a device that does not exist. */
    readonly othersForUnknownDevice?: readonly Exchange[];
  };
  /** Sandbox commands with a production tenant's credential. */
  readonly production: {
    /** The commands of the production tenant. The first command is for the sandbox device. */
    readonly commands: readonly Exchange[];
    /** The status that the first command sets. */
    readonly commanded: DeviceStatus;
    readonly deviceBefore: Exchange;
    readonly deviceAfter: Exchange;
    /** The first of these commands, repeated with the sandbox's own credential as the control. */
    readonly control: Exchange;
    readonly deviceControlled: Exchange;
  };
  readonly health: {
    /** The signing secret of the endpoint for `deliveries`. */
    readonly secret: string;
    readonly latencySeconds: number;
    readonly changes: readonly StatusChange[];
    /** Changes of one device to the other statuses, and of only its reason; absent in older evidence. */
    readonly variants?: readonly StatusChange[];
    /**
     * Changes of one device that did not wait for webhooks, and how many deliveries had arrived before them; absent in
     * older evidence.
     */
    readonly rapid?: { readonly from: number; readonly changes: readonly TriggeredChange[] };
    readonly deliveries: readonly Delivery[];
    /** What arrived for the same changes at another endpoint; `null` if there is only one, registered by hand. */
    readonly otherDeliveries: readonly Delivery[] | null;
  };
  readonly subscriptions: {
    readonly changes: readonly (StatusChange & { readonly orgId: string })[];
    /** Events of another type that a device published; absent in older evidence. */
    readonly published?: readonly (Pick<FamilyOccurrence, "type" | "deviceId" | "command"> & {
      readonly orgId: string;
    })[];
    /** The deliveries to an endpoint that was registered for all events. */
    readonly deliveries: readonly Delivery[];
    readonly endpoints: readonly SubscribedEndpoint[];
  };
  readonly families: {
    readonly waitSeconds: number;
    readonly events: readonly FamilyOccurrence[];
    /** Event types of the manifest that the suite could not test, with the reason. */
    readonly untried: readonly { readonly type: string; readonly reason: string }[];
    readonly deliveries: readonly Delivery[];
  };
  /** Two heartbeats of one device, in quick succession. */
  readonly heartbeats: {
    /** The commands to publish the heartbeats; empty if no device can be made to publish a heartbeat. */
    readonly commands: readonly Exchange[];
    readonly deliveries: readonly Delivery[];
  };
  /**
   * What arrived at an endpoint of another tenant while devices of both tenants changed; `null` if the vendor
   * posts no webhooks.
   */
  readonly otherTenant: {
    /** The other tenant's endpoint. */
    readonly created: Exchange;
    /** The status changes of the first tenant's device. */
    readonly changes: readonly StatusChange[];
    /** The status changes of the other tenant's device, as the control. */
    readonly ownChanges: readonly StatusChange[];
    readonly deliveries: readonly Delivery[];
    /** What arrived at an endpoint of the first tenant. */
    readonly otherDeliveries: readonly Delivery[];
    /** The destinations of the two tenants' endpoints; absent in older evidence. */
    readonly destinations?: { readonly deliveries: string; readonly otherDeliveries: string };
  } | null;
  /** What arrived at the endpoints of `endpoints`; the calls exist only if the suite registered the endpoints itself. */
  readonly lifecycle: CollectedDeliveries & Partial<ManagedLifecycle>;
  /** The responses to the cursor, the token and the events that came from the run given by `--continue`. */
  readonly earlier: {
    /** When the earlier run ended. */
    readonly finishedAt: string;
    /** The response to the cursor of the earlier run; `null` if that run had no cursor. */
    readonly page: Exchange | null;
    /** The changes since the sync token of the earlier run. */
    readonly changes: Listing | null;
    /** The events since the earlier run that the vendor must still keep. */
    readonly events: Listing | null;
  };
  /** What the vendor's devices did by themselves while the suite watched. */
  readonly observation: Observation;
  /** The periods in which the machine did not run the suite; absent if there were none. */
  readonly lateness: { readonly stalls: readonly Stall[] };
  /**
   * Some parts of the evidence as they are at the end of the run, requested again or extended. A vendor may
   * be right at first and wrong later.
   */
  readonly closing: EvidenceRecord;
}

export type PartName = keyof Evidence;

/** Everything one run recorded. */
export interface EvidenceRecord {
  readonly parts: Partial<Evidence>;
  /** Parts that could not be recorded, with the reason. */
  readonly missing: Partial<Record<PartName, string>>;
}
