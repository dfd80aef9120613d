import type { ListingProgress } from "@convergint/client";
import type { DeviceStatus, DeviceType, Manifest, Org, Site } from "@convergint/schemas";
import { createFaultCollector, type FaultReport } from "../domain/fault.ts";
import { adaptTerms, mapType, NO_MAPPING, type UnmappedWord } from "../domain/mapping.ts";
import { createWordCounter, PAGE_SIZE } from "../sync/listing.ts";
import type { Integrations } from "./integrations.ts";
import {
  listOrgs,
  type Onboarding,
  planWebhooks,
  requireUsableSecrets,
  type WebhookPlan,
} from "./onboard.ts";

/** How many orgs, sites and systems a preview lists. */
export const MAX_LISTED = 100;
/** The maximum number of sites, and of systems, whose devices are counted. Bounds memory. */
const MAX_COUNTED = 10_000;

/** How many devices of a type have a status; `null` counts the devices without a status. */
interface DeviceCount {
  readonly type: DeviceType;
  readonly status: DeviceStatus | null;
  readonly devices: number;
}

/** How many devices belong to a system. */
interface SystemCount {
  readonly systemId: string;
  readonly systemName: string | null;
  readonly devices: number;
}

/** What an onboarding would find and do. */
export interface Preview extends WebhookPlan {
  readonly manifest: Manifest;
  /** All orgs, and the first {@link MAX_LISTED} of them. */
  readonly orgs: { readonly count: number; readonly first: readonly Org[] };
  /** All sites, and the first {@link MAX_LISTED} of them with the number of their devices. */
  readonly sites: {
    readonly count: number;
    readonly first: readonly { readonly site: Site; readonly devices: number }[];
  };
  readonly devices: { readonly count: number; readonly counts: readonly DeviceCount[] };
  /** The systems that devices name, and the first {@link MAX_LISTED} of them. */
  readonly systems: { readonly count: number; readonly first: readonly SystemCount[] };
  readonly unmappedWords: readonly Pick<UnmappedWord, "kind" | "word" | "count">[];
  readonly faults: FaultReport;
}

/** How far a preview has read. */
export interface PreviewProgress extends ListingProgress {
  readonly listing: "orgs" | "sites" | "devices";
}

/** Counts by key, up to {@link MAX_COUNTED} keys. */
function createCounter<Key>() {
  const counts = new Map<Key, number>();
  return {
    add(key: Key): void {
      const count = counts.get(key);
      if (count !== undefined || counts.size < MAX_COUNTED) counts.set(key, (count ?? 0) + 1);
    },
    get: (key: Key): number => counts.get(key) ?? 0,
    all: (): readonly (readonly [Key, number])[] => [...counts],
  };
}

/**
 * Shows what an onboarding would find and do. Reads the vendor's manifest, orgs, sites and devices within the budgets of
 * listings. Registers nothing at the vendor, and is given no store.
 *
 * @param options.signal ends the preview
 * @throws {WebhookUsageError} `invalid_key` if a given secret is malformed
 * @throws {VendorClientError} if the vendor is unreachable or violates the contract
 */
export async function previewOnboarding(
  { baseUrl, credential, profile, allowHosts, webhookSecrets }: Onboarding,
  {
    integrations,
    onProgress,
    signal,
  }: {
    readonly integrations: Pick<Integrations, "connect">;
    readonly onProgress: (progress: PreviewProgress) => void;
    readonly signal: AbortSignal;
  },
): Promise<Preview> {
  requireUsableSecrets(webhookSecrets ?? [], profile);
  const faults = createFaultCollector();
  const words = createWordCounter("");
  const vendor = integrations.connect({
    baseUrl,
    credential,
    profile,
    allowHosts,
    signal,
    onFault: faults.add,
    onUnmapped: ({ kind, word }) => words.add(kind, word),
  });
  const manifest = await vendor.manifest();
  const optionsOf = (listing: PreviewProgress["listing"]) => ({
    onFault: faults.add,
    onProgress: (progress: ListingProgress) => onProgress({ listing, ...progress }),
  });

  const orgs = await listOrgs(vendor, optionsOf("orgs"));
  const firstSites: Site[] = [];
  let siteCount = 0;
  for await (const site of vendor.sites({}, optionsOf("sites"))) {
    siteCount += 1;
    if (firstSites.length < MAX_LISTED) firstSites.push(site);
  }

  const bySite = createCounter<string>();
  const bySystem = createCounter<string>();
  const systemNames = new Map<string, string | null>();
  const byTypeAndStatus = createCounter<string>();
  let deviceCount = 0;
  const adaptItem = (item: unknown) => {
    const { value, unknownWord } = adaptTerms(item);
    words.add("status", unknownWord);
    return value;
  };
  const pages = vendor.devicePages({ limit: PAGE_SIZE }, { ...optionsOf("devices"), adaptItem });
  for await (const { data } of pages) {
    for (const { site_id, type: word, status = null, lifecycle, system_id, system_name = null } of data) {
      if (lifecycle === "removed") continue;
      const { type, unmapped } = mapType(word, NO_MAPPING);
      words.add("type", unmapped);
      bySite.add(site_id);
      if (system_id) {
        bySystem.add(system_id);
        if (systemNames.size < MAX_LISTED && !systemNames.has(system_id))
          systemNames.set(system_id, system_name);
      }
      byTypeAndStatus.add(JSON.stringify([type, status]));
      deviceCount += 1;
    }
  }

  return {
    manifest,
    orgs: { count: orgs.length, first: orgs.slice(0, MAX_LISTED) },
    sites: {
      count: siteCount,
      first: firstSites.map((site) => ({ site, devices: bySite.get(site.site_id) })),
    },
    devices: {
      count: deviceCount,
      counts: byTypeAndStatus
        .all()
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, devices]) => {
          const [type, status] = JSON.parse(key) as [DeviceType, DeviceStatus | null];
          return { type, status, devices };
        }),
    },
    systems: {
      count: bySystem.all().length,
      first: [...systemNames].map(([systemId, systemName]) => ({
        systemId,
        systemName,
        devices: bySystem.get(systemId),
      })),
    },
    unmappedWords: words.all().map(({ kind, word, count }) => ({ kind, word, count })),
    faults: faults.report(),
    ...planWebhooks(manifest, webhookSecrets, profile),
  };
}
