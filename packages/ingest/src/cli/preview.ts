import { toPrintable } from "@convergint/internal/printable";
import type { Manifest } from "@convergint/schemas";
import { ServerCallError, type ServerFlags, streamFromServer } from "./server-call.ts";
import { print, type Terminal } from "./terminal.ts";

/** The faults of a vendor's records, as the server answers. */
export interface FaultsAnswer {
  readonly count: number;
  readonly first: readonly {
    readonly record: string;
    readonly id: string | null;
    readonly pointer: string;
    readonly message: string;
    readonly requirement: string | null;
    readonly value: string;
    readonly set_aside: boolean;
  }[];
}

interface PreviewAnswer {
  readonly orgs: { readonly count: number; readonly first: readonly Record<"org_id" | "name", string>[] };
  readonly sites: {
    readonly count: number;
    readonly first: readonly {
      readonly site_id: string;
      readonly name: string;
      readonly devices: number;
    }[];
  };
  readonly devices: {
    readonly count: number;
    readonly counts: readonly {
      readonly type: string;
      readonly status: string | null;
      readonly devices: number;
    }[];
  };
  readonly systems: {
    readonly count: number;
    readonly first: readonly {
      readonly system_id: string;
      readonly system_name: string | null;
      readonly devices: number;
    }[];
  };
  readonly unmapped_words: readonly {
    readonly kind: string;
    readonly word: string;
    readonly count: number;
  }[];
  readonly faults: FaultsAnswer;
  readonly manifest: Manifest;
  readonly would: {
    readonly webhook_registration: "by_api" | "by_hand" | "none";
    readonly webhook_url: string | null;
    readonly create_webhook_secret: boolean;
    readonly poll_seconds: number;
    readonly fast_poll_seconds: number;
    readonly silence_seconds: number | null;
    readonly fetch_missed_events: boolean;
    readonly customer_id: string | null;
  };
}

/** Formats the faults that the server lists, one per line. */
export function formatFaults(faults: FaultsAnswer | null): readonly string[] {
  if (!faults?.count) return [];
  const lines = faults.first.map(({ record, id, pointer, message, requirement, value, set_aside }) => {
    const where = [record, id ?? "without a usable id", pointer].filter(Boolean).join(" ");
    return `  ${set_aside ? "set aside" : "left out"}: ${where} is ${value}. ${message}${requirement === null ? "" : ` (${requirement})`}`;
  });
  const more = faults.count - faults.first.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

/** How many vendor terms a preview prints. */
const MAX_WORDS = 20;

/** Formats a list that may be longer than what is shown of it. */
const formatFirst = <Item>(count: number, first: readonly Item[], format: (item: Item) => string) => [
  ...first.map((item) => `  ${format(item)}`),
  ...(count > first.length ? [`  and ${count - first.length} more`] : []),
];

function formatDevices({ count, counts }: PreviewAnswer["devices"]): readonly string[] {
  const byType = Map.groupBy(counts, ({ type }) => type);
  const lines = [...byType].map(([type, ofType]) => {
    const statuses = ofType.map(({ status, devices }) => `${devices} ${status ?? "without a status"}`);
    return `  ${type}: ${statuses.join(", ")}`;
  });
  return [`Devices: ${count}`, ...lines];
}

function formatManifest({
  contract_version,
  vendor,
  api_base,
  authentication,
  inventory,
  backfill,
  webhooks,
  device_types,
  event_types,
  egress_ip_ranges,
}: Manifest): readonly string[] {
  const listings = [
    "full listings",
    inventory.incremental_sync && "changes only",
    inventory.conditional_requests && "conditional requests",
  ].filter(Boolean);
  const posts = webhooks && [
    `signed ${webhooks.signature_schemes.join(", ")}`,
    `status within ${webhooks.health_latency_seconds} s`,
    `${webhooks.retry_schedule_seconds.length} retries`,
    `endpoints registered ${webhooks.endpoint_management ? "by API" : "by hand"}`,
  ];
  return [
    "The manifest claims:",
    `  vendor: ${vendor.name} (${vendor.id}), contract ${contract_version}, API at ${api_base}`,
    `  authentication: ${authentication.map(({ scheme }) => scheme).join(", ")}`,
    `  inventory: ${listings.join(", ")}; at most ${inventory.max_page_size} devices a page`,
    `  webhooks: ${posts?.join(", ") ?? "none"}`,
    ...(egress_ip_ranges ? [`  webhooks come from: ${egress_ip_ranges.join(", ")}`] : []),
    `  published events are kept for: ${backfill ? `${backfill.depth_hours} h` : "not served"}`,
    `  device types: ${device_types.map(({ type, status_from }) => `${type} (status from ${status_from.join(" and ")})`).join(", ")}`,
    `  event types: ${event_types.map(({ type }) => type).join(", ") || "none"}`,
  ];
}

function formatPlan({ would }: PreviewAnswer): readonly string[] {
  const registration = {
    none: "register no webhook endpoint, because the vendor has no webhooks",
    by_api: `register a webhook endpoint at the vendor: ${would.webhook_url}`,
    by_hand: `receive webhooks at ${would.webhook_url}, which a person enters in the vendor's console${
      would.create_webhook_secret ? ", with a secret that the server creates" : ""
    }`,
  }[would.webhook_registration];
  const faster =
    would.silence_seconds === null
      ? ""
      : `, and every ${would.fast_poll_seconds} s while webhooks are silent for more than ${would.silence_seconds} s`;
  return [
    "The server would:",
    `  poll the inventory every ${would.poll_seconds} s${faster}`,
    `  ${registration}`,
    ...(would.fetch_missed_events ? ["  fetch missed events after an outage of webhooks"] : []),
    would.customer_id === null
      ? "  quarantine every org until it is bound to a customer"
      : `  bind every org to the customer ${would.customer_id}`,
  ];
}

const formatPreview = (preview: PreviewAnswer): readonly string[] => [
  "Dry run: nothing is stored, and nothing is registered at the vendor.",
  `Account: ${preview.orgs.count} ${preview.orgs.count === 1 ? "org" : "orgs"}`,
  ...formatFirst(preview.orgs.count, preview.orgs.first, ({ org_id, name }) => `${org_id}  ${name}`),
  `Sites: ${preview.sites.count}`,
  ...formatFirst(
    preview.sites.count,
    preview.sites.first,
    ({ site_id, name, devices }) => `${site_id}  ${name}  ${devices} devices`,
  ),
  ...formatDevices(preview.devices),
  ...(preview.systems.count > 0 ? [`Systems: ${preview.systems.count}`] : []),
  ...formatFirst(
    preview.systems.count,
    preview.systems.first,
    ({ system_id, system_name, devices }) => `${system_id}  ${system_name ?? ""}  ${devices} devices`,
  ),
  ...(preview.unmapped_words.length > 0 ? ["Vendor terms without a mapping:"] : []),
  ...formatFirst(
    preview.unmapped_words.length,
    preview.unmapped_words.slice(0, MAX_WORDS),
    ({ kind, word, count }) => `${kind} ${word}: ${count} devices`,
  ),
  ...(preview.faults.count > 0 ? [`Faults of the vendor: ${preview.faults.count}`] : []),
  ...formatFaults(preview.faults),
  ...formatManifest(preview.manifest),
  ...formatPlan(preview),
];

/** Writes over one line of a terminal; nothing if standard error is not a terminal. */
function createProgressLine({ stderr }: Terminal) {
  const isTerminal = "isTTY" in stderr && stderr.isTTY === true;
  const write = (text: string) => void (isTerminal && stderr.write(`\r\u001b[K${text}`));
  return {
    show: (text: string) => write(toPrintable(text)),
    clear: () => write(""),
  };
}

/** Prints what adding an integration would find and do. @param body the request that would add it */
export async function showPreview(
  body: Readonly<Record<string, unknown>>,
  flags: ServerFlags,
  terminal: Terminal,
): Promise<void> {
  const line = createProgressLine(terminal);
  let preview: PreviewAnswer | undefined;
  try {
    for await (const part of streamFromServer(flags, terminal, "/integrations?dry_run=true", body)) {
      if ("preview" in part) preview = part["preview"] as PreviewAnswer;
      const { listing, read, total } = (part["progress"] ?? {}) as Record<string, unknown>;
      if (listing !== undefined)
        line.show(`Reading ${listing}: ${read}${total === null ? "" : ` of ${total}`}`);
    }
  } finally {
    line.clear();
  }
  if (!preview) throw new ServerCallError("unreachable", "The server ended its answer early. See its log.");
  print(terminal, flags, preview, formatPreview(preview));
}
