import {
  DEVICE_STATUS_CHANGED,
  DEVICE_TYPES,
  EVENT_TYPES,
  type EventCatalog,
  type Manifest,
} from "@convergint/schemas";
import { Expression } from "../expression.ts";
import type { Profile } from "../read-profile.ts";

/** The largest page that the contract fetch serves. */
export const MAX_PAGE_SIZE = 1000;

/** Lists the event types that a profile maps, without repetition. */
function mappedEventTypes({ document: { webhooks } }: Profile): string[] {
  return [...new Set((webhooks?.events ?? []).map(({ type }) => type))];
}

/** Finds the device types that a profile can produce: from its words, and the constants in its expressions. */
function producedTypes({ document: { words, inventory } }: Profile): string[] {
  const types = new Set<string>(["other"]);
  for (const word of Object.values(words.type)) types.add(typeof word === "string" ? word : word.type);
  const sources = (inventory?.devices ?? []).flatMap(({ fields }) => {
    const rule = fields["type"];
    const rules = Array.isArray(rule) ? rule : [rule];
    return rules.map((each: unknown) => (each instanceof Expression ? each.source : ""));
  });
  for (const type of DEVICE_TYPES) {
    // An expression may also pass on a word of the vendor that is one of the contract's own.
    const isPassedOn = sources.some((source) => !/^\s*(["'])\w+\1\s*$/.test(source));
    if (isPassedOn || sources.some((source) => source.includes(type))) types.add(type);
  }
  return [...types];
}

/** Whether some device can have a system. */
const hasSystems = ({ document: { inventory } }: Profile): boolean =>
  (inventory?.devices ?? []).some(({ fields }) => fields["system_id"] !== undefined);

/**
 * Describes a vendor's cloud as its profile serves it: the inventory, without incremental sync. Webhooks are not declared,
 * because the vendor's own are not the contract's; the event types are listed.
 *
 * @param apiBase the URL that `/v1/…` is appended to
 * @see spec/1.0/contract.md#discovery
 */
export function createManifest(profile: Profile, apiBase: string): Manifest {
  const events = mappedEventTypes(profile);
  const sources: ("inventory" | "events")[] = events.includes(DEVICE_STATUS_CHANGED)
    ? ["inventory", "events"]
    : ["inventory"];
  return {
    contract_version: "1.0",
    vendor: { id: profile.name, name: profile.title },
    api_base: apiBase,
    authentication: [{ scheme: "bearer" }],
    inventory: {
      max_page_size: MAX_PAGE_SIZE,
      incremental_sync: false,
      conditional_requests: false,
      system_filter: hasSystems(profile),
    },
    device_types: producedTypes(profile).map((type) => ({ type, status_from: sources })),
    event_types: events.map((type) => ({ type, delivery: ["webhook"] })),
  };
}

/** Lists the event types that a profile maps. @see spec/1.0/contract.md#event-catalogue */
export function createEventCatalog(profile: Profile): EventCatalog {
  return {
    data: mappedEventTypes(profile).map((type) => {
      const known = EVENT_TYPES.find((each) => each.type === type);
      return {
        type,
        family: known?.family ?? "vendor",
        version: /\.v(\d+)$/.exec(type)?.[1] ?? "1",
        description: known?.description ?? `An event of ${profile.title} that the contract does not define.`,
        device_types: [],
        delivery: ["webhook"],
      };
    }),
  };
}
