import {
  DEVICE_TYPES,
  EVENT_TYPES,
  type EventCatalog,
  isEventTypeName,
  type Manifest,
  WEBHOOK_PING,
} from "@convergint/schemas";
import type { ConsumerKey, TokenAlgorithm } from "@convergint/tokens/verify";
import { MAX_PAGE_SIZE } from "./page-cutter.ts";

/** The signed tokens that a cloud accepts. @see spec/1.0/contract.md#signed-tokens */
export interface SignedTokens {
  /** The consumer's public keys. The array is read at each call, so a test can add and remove keys. */
  readonly keys: readonly ConsumerKey[];
  readonly issuer: string;
  /** Default: none; a token needs no `aud`. */
  readonly audience?: string;
  /** Default: RS256. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** Default: 3600. */
  readonly maxLifetimeSeconds?: number;
}

/** The facts that the mock's manifest describes. */
export interface Facts {
  readonly url: string;
  readonly signedTokens: SignedTokens | undefined;
  /** The types of its devices. */
  readonly deviceTypes: readonly string[];
  /** The types of its published events. */
  readonly eventTypes: Iterable<string>;
}

/** Builds the entry of a vendor's own type: the family of `com.example.parking.barrier_raised.v1` is `parking`. */
function ownEntry(type: string) {
  const [family = "other", , version = "v1"] = type.split(".").slice(-3);
  return { type, family, version: version.slice(1), description: `Published by the test: ${type}.` };
}

/** Builds the catalogue: every type of the contract, and the other types that the test published. @see spec/1.0/contract.md#event-catalogue */
export function describeEvents({ deviceTypes, eventTypes }: Facts): EventCatalog {
  const own = [...eventTypes].filter((type) => !isEventTypeName(type)).map(ownEntry);
  const device_types = [...new Set(deviceTypes)];
  return {
    data: [...EVENT_TYPES, ...own].map(({ type, family, version, description }) => ({
      type,
      family,
      version,
      description,
      device_types,
      delivery: type === WEBHOOK_PING ? ["webhook"] : ["webhook", "backfill"],
    })),
  };
}

function describeTokens({
  issuer,
  audience,
  algorithms = ["RS256"],
  maxLifetimeSeconds = 3600,
}: SignedTokens) {
  return {
    scheme: "signed_jwt",
    algorithms: [...algorithms],
    issuer,
    ...(audience === undefined ? {} : { audience }),
    max_lifetime_seconds: maxLifetimeSeconds,
  };
}

/** Builds the mock's manifest. @see spec/1.0/contract.md#discovery */
export function describeCloud(facts: Facts): Manifest {
  return {
    contract_version: "1.0",
    vendor: { id: "mock-vendor", name: "Mock Vendor" },
    api_base: facts.url,
    authentication: [
      { scheme: "bearer" },
      ...(facts.signedTokens === undefined ? [] : [describeTokens(facts.signedTokens)]),
    ],
    inventory: {
      max_page_size: MAX_PAGE_SIZE,
      incremental_sync: true,
      tombstone_days: 30,
      conditional_requests: false,
      system_filter: true,
    },
    backfill: { depth_hours: 72 },
    webhooks: {
      signature_schemes: ["v1"],
      batching: false,
      endpoint_management: true,
      retry_schedule_seconds: [5, 60, 600, 3600, 21_600, 86_400],
      health_latency_seconds: 10,
    },
    device_types: [...new Set([...DEVICE_TYPES, ...facts.deviceTypes])].map((type) => ({
      type,
      status_from: ["inventory", "events"],
    })),
    event_types: describeEvents(facts).data.map(({ type, delivery }) => ({ type, delivery })),
  };
}
