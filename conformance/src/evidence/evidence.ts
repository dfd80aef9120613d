import type { DeviceStatus } from "@convergint/schemas";
import type { ChangeEvidence } from "./change-evidence.ts";
import type { Delivery, Exchange, Listing } from "./exchange.ts";
import type { PollingEvidence } from "./polling-evidence.ts";
import type { ReceiverEvidence } from "./receiver-evidence.ts";
import type { ResilienceEvidence } from "./resilience-evidence.ts";

/** A change of a device's status that the suite triggered. */
export interface StatusChange {
  readonly deviceId: string;
  readonly status: DeviceStatus;
  readonly triggeredAt: string;
  /** The sandbox command that triggered it. */
  readonly command: Exchange;
  /** How long its webhook was awaited. */
  readonly waitedSeconds: number;
  /** Which of the deliveries came while it was awaited: by position, `to` not included. */
  readonly window: { readonly from: number; readonly to: number };
  /** The device as inventory showed it when the waiting was over. */
  readonly inventoryAfter: Exchange;
}

/** An event of an optional family that the suite had a device publish. */
export interface FamilyOccurrence {
  readonly type: string;
  readonly deviceId: string;
  readonly command: Exchange;
  readonly waitedSeconds: number;
  /** How many deliveries had come before it. */
  readonly from: number;
}

/** An endpoint that was registered for some events only. */
export interface SubscribedEndpoint {
  readonly created: Exchange;
  readonly subscription: { readonly org_id?: string; readonly event_types?: readonly string[] };
  readonly deliveries: readonly Delivery[];
}

/** What each scenario records: evidence by part. Plain data, so that it can be stored and judged again. */
export interface Evidence extends ReceiverEvidence, PollingEvidence, ResilienceEvidence, ChangeEvidence {
  readonly discovery: { readonly manifest: Exchange };
  readonly authentication: {
    readonly withoutCredential: readonly Exchange[];
    readonly wrongCredential: readonly Exchange[];
    /** The made-up credential, to look for in the answers. */
    readonly wrongKey: string;
  };
  /** What the manifest's `token_url` answered, and calls with the first token that it issued. */
  readonly oauth: {
    readonly issued: Exchange;
    /** Answers to wrong client credentials. */
    readonly wrong: readonly Exchange[];
    /** Before and after the client got another token; `null` where none was issued. */
    readonly use: {
      readonly fresh: Exchange;
      readonly another: Exchange;
      readonly afterAnother: Exchange;
    } | null;
    /** Before and after its end; `null` where that was too far off to be waited for. */
    readonly expiry: {
      readonly nearEnd: Exchange;
      readonly expired: Exchange;
      /** The control: a new token, and a call with it. */
      readonly renewed: Exchange;
      readonly withRenewed: Exchange | null;
    } | null;
  };
  /** Calls of every kind with a credential that was withdrawn or has expired. */
  readonly withdrawal: { readonly calls: readonly Exchange[] };
  readonly orgs: { readonly listing: Listing };
  readonly sites: {
    readonly listing: Listing;
    readonly byOrg: readonly { readonly orgId: string; readonly listing: Listing }[];
    readonly unknownOrg: Exchange;
  };
  readonly devices: { readonly listing: Listing };
  readonly paging: {
    /** The inventory once more, with a `limit` small enough to make several pages. */
    readonly inSmallPages: Listing;
    readonly orgsInSmallPages: Listing;
    readonly sitesInSmallPages: Listing;
    readonly madeUpCursor: Exchange;
    readonly badLimits: readonly Exchange[];
  };
  readonly limits: {
    readonly maxPageSize: number;
    /** The first page of devices with `limit` at the maximum. */
    readonly atMaximum: Exchange;
    /** The same with one more. */
    readonly aboveMaximum: Exchange;
    /** A page asked for by a caller that reads gzip and nothing else. */
    readonly compressed: Exchange;
  };
  readonly filters: {
    readonly bySite: readonly { readonly siteId: string; readonly listing: Listing }[];
    readonly byOrg: readonly { readonly orgId: string; readonly listing: Listing }[];
    readonly unknownSite: Exchange;
    readonly unknownOrg: Exchange;
    /** A listing asked for with a `since` that the vendor did not issue. */
    readonly madeUpSince: Exchange;
  };
  readonly lookups: {
    readonly devices: readonly { readonly deviceId: string; readonly exchange: Exchange }[];
    readonly unknownDevice: Exchange;
  };
  /** What another tenant of the vendor gets to see. */
  readonly isolation: {
    readonly orgs: Listing;
    readonly sites: Listing;
    readonly devices: Listing;
    /** Its calls for what is the first tenant's, each beside the same call for what does not exist. */
    readonly crossings: readonly { readonly theirs: Exchange; readonly nobodys: Exchange }[];
    /** Its calls with cursors that the first tenant was given. */
    readonly cursors: readonly Exchange[];
    /** What either tenant is given for a sync token of the first, after a device of the first has changed. */
    readonly foreignToken: { readonly own: Exchange; readonly theirs: Exchange } | null;
  };
  readonly catalogue: { readonly exchange: Exchange };
  readonly endpoints: {
    /** The destination of the first. */
    readonly destination: string;
    readonly created: Exchange;
    readonly destinationBeside: string;
    readonly createdBeside: Exchange;
    readonly listed: Exchange;
    /** Registrations of destinations that no delivery may go to. */
    readonly forbidden: readonly Exchange[];
  };
  readonly sandbox: {
    readonly deviceId: string;
    readonly withoutCredential: Exchange;
    readonly deviceBefore: Exchange;
    readonly deviceAfter: Exchange;
    readonly unknownDevice: Exchange;
  };
  /** What a production tenant's credential does at sandbox control. */
  readonly production: {
    /** Its commands, the first for the sandbox's device. */
    readonly commands: readonly Exchange[];
    /** The status that the sandbox's device was to take. */
    readonly commanded: DeviceStatus;
    readonly deviceBefore: Exchange;
    readonly deviceAfter: Exchange;
    /** The same command with the sandbox's own credential. */
    readonly control: Exchange;
    readonly deviceControlled: Exchange;
  };
  readonly health: {
    /** The secret that the vendor said it signs with. */
    readonly secret: string;
    readonly latencySeconds: number;
    readonly changes: readonly StatusChange[];
    readonly deliveries: readonly Delivery[];
    /** What came to the endpoint that was registered before this one, for the same changes. */
    readonly deliveriesBeside: readonly Delivery[];
  };
  readonly subscriptions: {
    readonly changes: readonly (StatusChange & { readonly orgId: string })[];
    /** At an endpoint that was registered for everything. */
    readonly deliveries: readonly Delivery[];
    readonly endpoints: readonly SubscribedEndpoint[];
  };
  readonly families: {
    readonly waitSeconds: number;
    readonly events: readonly FamilyOccurrence[];
    /** Event types of the manifest that could not be tried, with the reason. */
    readonly untried: readonly { readonly type: string; readonly reason: string }[];
    readonly deliveries: readonly Delivery[];
  };
  /** What came to an endpoint of another tenant while devices of either changed; `null` where nothing is posted at all. */
  readonly otherTenant: {
    /** The other tenant's endpoint. */
    readonly created: Exchange;
    /** Of the first tenant's device. */
    readonly changes: readonly StatusChange[];
    /** Of the other tenant's own device: the control. */
    readonly ownChanges: readonly StatusChange[];
    readonly deliveries: readonly Delivery[];
    /** What came to an endpoint of the first tenant. */
    readonly deliveriesBeside: readonly Delivery[];
  } | null;
  /** What was done to the two endpoints of `endpoints`, and all that came to each. */
  readonly lifecycle: {
    /** Of the first endpoint. */
    readonly ping: Exchange;
    readonly rotation: Exchange;
    readonly afterRotation: StatusChange;
    /** Of the second endpoint. */
    readonly deletion: Exchange;
    /** How many deliveries had come to the second endpoint when its deletion was answered. */
    readonly deliveredBeforeDeletion: number;
    readonly afterDeletion: StatusChange;
    /** Id of a third endpoint, whose receiver answered 410; `null` where it got nothing to answer. */
    readonly stoppedId: string | null;
    readonly listedAfterwards: Exchange;
    readonly deliveries: readonly Delivery[];
    readonly deliveriesBeside: readonly Delivery[];
  };
  /**
   * Parts once more, as they are when all else is over: asked for again, or grown. A vendor may be right at first and
   * wrong later.
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
