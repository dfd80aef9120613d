import type { TriggerKind } from "../evidence/trigger-record.ts";
import type { Credentials } from "../harness/credentials.ts";

/** An optional input of a run in addition to its credential; some requirements cannot be judged without it. */
export type Prerequisite =
  | "second_credential"
  | "withdrawn_credential"
  | "production_credential"
  | "oauth_client"
  | "client_key"
  | "private_key"
  | "next_private_key"
  | "polled_inventory"
  | "passive_window"
  | EndpointPrerequisite;

/** Webhook endpoints that were registered by hand. */
type EndpointPrerequisite = "registered_endpoint" | "second_registered_endpoint";

export const prerequisiteNames = [
  "second_credential",
  "withdrawn_credential",
  "production_credential",
  "oauth_client",
  "client_key",
  "private_key",
  "next_private_key",
  "polled_inventory",
  "registered_endpoint",
  "second_registered_endpoint",
  "passive_window",
] as const satisfies readonly Prerequisite[];

interface PrerequisiteGroup {
  readonly needs: Prerequisite;
  /** Why the requirements are not judged without the prerequisite, for the reader of the report. */
  readonly reason: string;
  readonly ids: readonly string[];
}

const GROUPS: readonly PrerequisiteGroup[] = [
  {
    needs: "second_credential",
    reason:
      "This requirement needs a credential of another tenant of the same vendor. Pass --second-api-key or --second-private-key-file.",
    ids: ["SEC-005", "SEC-006", "SEC-007", "SEC-008"],
  },
  {
    needs: "withdrawn_credential",
    reason:
      "This requirement needs a credential that was withdrawn or has expired. Pass --withdrawn-api-key or --withdrawn-private-key-file.",
    ids: ["AUTH-006"],
  },
  {
    needs: "production_credential",
    reason:
      "This requirement needs a credential of a production tenant. Pass --production-api-key or --production-private-key-file.",
    ids: ["SBX-004"],
  },
  {
    needs: "oauth_client",
    reason:
      "This requirement needs an OAuth 2 client that the vendor registered. Pass --client-id and --client-secret, or --client-id and --private-key-file.",
    ids: ["AUTH-004", "AUTH-005"],
  },
  {
    needs: "client_key",
    reason:
      "This requirement needs an OAuth 2 client that logs in with a private key. Pass --client-id and --private-key-file, without --client-secret.",
    ids: ["AUTH-007", "AUTH-008"],
  },
  {
    needs: "private_key",
    reason:
      "This requirement needs a private key whose public key the vendor has: the suite then signs tokens, valid and invalid. Pass --private-key-file, and --key-id if the vendor gave the key an id.",
    ids: [
      ...["AUTH-009", "AUTH-010", "AUTH-011", "AUTH-012", "AUTH-013", "AUTH-014"],
      ...["AUTH-015", "AUTH-016", "AUTH-017", "AUTH-018", "AUTH-019", "AUTH-020"],
    ],
  },
  {
    needs: "next_private_key",
    reason:
      "This requirement needs a second private key whose public key the vendor has too, as during a rotation. Pass --private-key-file and --key-id, and --next-private-key-file and --next-key-id.",
    ids: ["AUTH-021"],
  },
  {
    needs: "polled_inventory",
    reason:
      "This requirement needs a consumer that polls the suite's own inventory. Pass --inventory-port, and --inventory-key or --inventory-public-key-file.",
    ids: ["RCV-018", "RCV-019", "RCV-020", "RCV-022", "RCV-024"],
  },
];

/** What a requirement needs to be judged, by requirement id. */
export const prerequisites: ReadonlyMap<string, Omit<PrerequisiteGroup, "ids">> = new Map(
  GROUPS.flatMap(({ ids, ...group }) => ids.map((id) => [id, group] as const)),
);

/** Returns why a requirement is not judged with these prerequisites; `null` if it is judged. */
export function explainMissing(id: string, given: readonly Prerequisite[]): string | null {
  const prerequisite = prerequisites.get(id);
  return prerequisite && !given.includes(prerequisite.needs) ? prerequisite.reason : null;
}

/**
 * Returns the prerequisites that a run meets.
 *
 * @param registeredEndpoints the number of endpoints that were registered by hand
 */
export function prerequisitesIn(
  credentials: Credentials,
  registeredEndpoints: number,
): readonly Prerequisite[] {
  const { key, client } = credentials;
  const given: Readonly<Partial<Record<Prerequisite, unknown>>> = {
    second_credential: credentials.secondApiKey ?? credentials.secondKey,
    withdrawn_credential: credentials.withdrawnApiKey ?? credentials.withdrawnKey,
    production_credential: credentials.productionApiKey ?? credentials.productionKey,
    oauth_client: client,
    client_key: client && "key" in client ? client.key : undefined,
    private_key: key,
    next_private_key: key && credentials.nextKey,
    registered_endpoint: registeredEndpoints > 0 || undefined,
    second_registered_endpoint: registeredEndpoints > 1 || undefined,
  };
  return prerequisiteNames.filter((name) => given[name] !== undefined);
}

/** Requirements that an endpoint which was registered by hand cannot show, with the reason. */
const NOT_BY_HAND: readonly Pick<PrerequisiteGroup, "ids" | "reason">[] = [
  {
    ids: ["SEC-008"],
    reason:
      "This requirement needs endpoints of two tenants, which the suite registers by the vendor's API. The endpoints of this run were registered by hand.",
  },
  {
    ids: ["DLV-006"],
    reason:
      "The suite does not answer 410 at an endpoint that was registered by hand, because the vendor would post nothing there again.",
  },
];

/** Requirements that compare two endpoints. */
const NEED_TWO_ENDPOINTS = ["EVT-009", "DLV-007"];

/**
 * Returns why a requirement is not judged if the endpoints were registered by hand; `null` if it is judged.
 *
 * @param managed whether the vendor has an API for endpoints, which the suite then uses
 */
export function explainRegisteredByHand(
  id: string,
  given: readonly Prerequisite[],
  managed: boolean,
): string | null {
  if (managed || !given.includes("registered_endpoint")) return null;
  if (NEED_TWO_ENDPOINTS.includes(id) && !given.includes("second_registered_endpoint"))
    return "This requirement compares two endpoints. Register a second URL by hand, and pass --second-endpoint-url and --second-webhook-secret.";
  return NOT_BY_HAND.find(({ ids }) => ids.includes(id))?.reason ?? null;
}

/** Requirements that can be judged only if the inventory changes, and the sandbox commands that change it. */
interface SandboxNeed {
  readonly commands: readonly string[];
  readonly ids: readonly string[];
}

const NEEDS: readonly SandboxNeed[] = [
  { commands: ["add_device", "move_device"], ids: ["INV-014", "SYNC-008"] },
  { commands: ["add_device", "remove_device"], ids: ["PAGE-009", "SYNC-003"] },
];

/**
 * Returns why a requirement cannot be judged if the sandbox offers only these commands; `null` if it can be
 * judged.
 *
 * @see spec/1.0/contract.md#sandbox-control
 */
export function explainMissingCommands(id: string, commands: readonly string[]): string | null {
  const need = NEEDS.find(({ ids }) => ids.includes(id));
  const missing = need?.commands.filter((command) => !commands.includes(command)) ?? [];
  return missing.length === 0
    ? null
    : `This requirement needs a sandbox that changes the inventory during the run. Offer ${missing.join(" and ")} in sandbox.commands.`;
}

/** Requirements that one means of changing devices cannot test, and why. */
interface TriggerLimit {
  readonly kind: TriggerKind;
  readonly reason: string;
  readonly ids: readonly string[];
}

const LIMITS: readonly TriggerLimit[] = [
  {
    kind: "person",
    reason:
      "A person cannot change several devices at the same moment, so too few deliveries fail together to show whether their retries are spread out. Offer sandbox control, or use --trigger-cmd.",
    ids: ["DLV-008"],
  },
  {
    kind: "person",
    reason:
      "A person cannot change many devices at the same moment, so no batch forms. Offer sandbox control, or use --trigger-cmd.",
    ids: ["DLV-012", "DLV-013", "DLV-014"],
  },
];

/** Returns why a requirement cannot be judged if devices change by this means; `null` if it can. */
export const explainLimit = (id: string, kind: TriggerKind | null): string | null =>
  LIMITS.find((limit) => limit.kind === kind && limit.ids.includes(id))?.reason ?? null;
