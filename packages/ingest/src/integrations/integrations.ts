import {
  createVendorClient,
  type VendorClient,
  VendorClientError,
  type VendorClientOptions,
} from "@convergint/client";
import type { SecretBox } from "@convergint/internal/secret-box";
import { createContractFetch, ProfileError } from "@convergint/profiles";
import { type Clock, systemClock } from "../clock.ts";
import type { Fault } from "../domain/fault.ts";
import type { UnmappedWord } from "../domain/mapping.ts";
import { ProblemError } from "../problem.ts";
import type { IntegrationRow, IntegrationStore } from "../store/integration-store.ts";
import type { Store } from "../store/store.ts";
import type { Integration } from "./integration.ts";
import { openProfile } from "./profile.ts";
import { isSealedWithNewestKey, openIntegration, sealIntegration } from "./seal-integration.ts";

/** The integrations, cached with their secrets in clear text, because every delivery needs the secrets. */
export interface Integrations {
  /**
   * Returns the cached integration immediately, so that a delivery does not wait for a query. Reloads entries
   * older than two seconds in the background, because another process may have changed them. Use {@link
   * Integrations.refresh} to wait for a reload.
   */
  getCached(integrationId: string): Integration | undefined;
  /** Lists all integrations. The list is at most two seconds old. */
  all(): Promise<readonly Integration[]>;
  /**
   * Returns the integration as stored at most 200 ms ago. Call it if a delivery does not verify with the
   * cached secrets.
   */
  refresh(integrationId: string): Promise<Integration | undefined>;
  /** Adds an integration. The promise resolves after the integration is cached. */
  add(integration: Integration): Promise<void>;
  /**
   * Updates an integration. If another update comes first, calls `update` again with the new version.
   *
   * @throws {ProblemError} 404 `unknown_integration`, 409 `changed_meanwhile`
   */
  change(integrationId: string, update: (current: Integration) => Integration): Promise<Integration>;
  /** Removes an integration and everything that is stored only for it. */
  remove(integrationId: string): Promise<void>;
  /** Returns the URL that the integration's vendor sends webhooks to. */
  webhookUrl(integrationId: string): string;
  /**
   * Creates a client of a vendor's cloud with this server's settings. If the vendor has a profile, the client reads the
   * vendor's own API through it.
   */
  connect(options: ConnectOptions): VendorClient;
}

/** What a client needs to know of an integration, and where it reports what a profile finds. */
interface ConnectOptions
  extends Pick<Integration, "baseUrl" | "credential" | "profile" | "allowHosts">,
    Pick<VendorClientOptions, "signal" | "beforePage"> {
  /** Receives what the profile could not map. A vendor without a profile reports by the options of each listing. */
  readonly onFault?: (fault: Fault) => void;
  /** Receives each vendor term that the profile's tables lack. */
  readonly onUnmapped?: (word: Pick<UnmappedWord, "kind" | "word">) => void;
}

/** How this server calls vendors. */
export type VendorClientSettings = Pick<
  VendorClientOptions,
  "fetch" | "timeoutSeconds" | "sleep" | "limits" | "now"
>;

const MAX_AGE_MS = 2000;
/** Limits reloads, so that a flood of deliveries with wrong signatures does not cause a flood of queries. */
const MAX_REFRESHED_AGE_MS = 200;
const MAX_ATTEMPTS = 5;
/** How many rows one step of a removal deletes. Webhooks wait for no more than one step. */
const ROWS_PER_STEP = 2000;

export const createUnknownIntegrationError = (): ProblemError =>
  new ProblemError(
    404,
    "unknown_integration",
    "No integration has this id. List the integrations with GET /v1/integrations.",
  );

/** The client's own credential, which the profile ignores: the vendor's goes only to the profile. */
const NOT_SENT = { apiKey: "not-sent" } as const;

/** @throws {VendorClientError} `invalid_option` if this version of the server does not read the stored profile */
function rethrowUnreadable<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ProfileError)) throw cause;
    const message = `This version of the server cannot read the stored profile: ${cause.message} Set a current version with \`integration set-profile\`.`;
    throw new VendorClientError("invalid_option", message, {}, { cause });
  }
}

/** Creates a client of a vendor's cloud, which reads the vendor's own API through a profile if there is one. */
function connect(
  { profile, onFault = () => {}, onUnmapped = () => {}, ...options }: ConnectOptions,
  settings: VendorClientSettings,
  clock: Pick<Clock, "now">,
): VendorClient {
  if (!profile) return createVendorClient({ ...settings, ...options });
  const { baseUrl, credential } = options;
  const create = () =>
    createContractFetch(openProfile(profile), {
      baseUrl,
      credential,
      settings: profile.settings,
      fetch: settings.fetch ?? fetch,
      onFault,
      onUnmapped,
      now: clock.now,
      ...(settings.sleep && { sleep: settings.sleep }),
      ...(settings.limits && { limits: settings.limits }),
    });
  let contract: typeof fetch | undefined;
  return createVendorClient({
    ...settings,
    ...options,
    credential: NOT_SENT,
    // Reads the profile at the first call, so that an unreadable profile is an outcome of the sync, not an error of `connect`.
    async fetch(...request) {
      const call = contract ?? rethrowUnreadable(create);
      contract = call;
      return call(...request);
    },
  });
}

interface IntegrationCache {
  get(integrationId: string): Integration | undefined;
  all(): readonly Integration[];
  /** Caches what this process wrote. @param integration `null` if this process removed it */
  put(integrationId: string, integration: Integration | null): void;
  /** Reloads all integrations if the cache is older than this. Concurrent calls share one query. */
  reload(maxAgeMs: number): Promise<void>;
}

/** @param open decrypts an integration */
function createCache(
  store: Pick<IntegrationStore, "all">,
  open: (row: IntegrationRow) => Integration,
): IntegrationCache {
  let byId = new Map<string, Integration>();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;
  /**
   * The integrations that this process wrote, with the time of the write. A query that started before the write may
   * return an older version.
   */
  const written = new Map<string, { readonly integration: Integration | null; readonly at: number }>();

  async function load(): Promise<void> {
    const startedAt = performance.now();
    const rows = await store.all();
    const opened = rows.map((row) => {
      const known = byId.get(row.integrationId);
      return known?.revision === row.revision ? known : open(row);
    });
    byId = new Map(opened.map((integration) => [integration.integrationId, integration]));
    for (const [integrationId, { integration, at }] of written) {
      if (at < startedAt) written.delete(integrationId);
      else if (integration) byId.set(integrationId, integration);
      else byId.delete(integrationId);
    }
    loadedAt = startedAt;
  }

  return {
    get: (integrationId) => byId.get(integrationId),
    all: () => [...byId.values()],
    put(integrationId, integration) {
      written.set(integrationId, { integration, at: performance.now() });
      if (integration) byId.set(integrationId, integration);
      else byId.delete(integrationId);
    },
    async reload(maxAgeMs) {
      if (performance.now() - loadedAt < maxAgeMs) return;
      loading ??= load().finally(() => {
        loading = null;
      });
      await loading;
    },
  };
}

/**
 * Opens the integrations of a store: decrypts and caches all of them, and encrypts secrets again that are not
 * encrypted with the newest key. Throws if a key is wrong.
 */
export async function openIntegrations(
  { integrations: store }: Pick<Store, "integrations">,
  box: SecretBox,
  publicUrl: () => string,
  vendorClient: VendorClientSettings = {},
  clock: Pick<Clock, "now"> = systemClock,
): Promise<Integrations> {
  const cache = createCache(store, (row) => openIntegration(box, row));

  async function change(
    integrationId: string,
    update: (current: Integration) => Integration,
  ): Promise<Integration> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const row = await store.get(integrationId);
      if (!row) throw createUnknownIntegrationError();
      const changed = update(openIntegration(box, row));
      if (!(await store.replace(sealIntegration(box, changed)))) continue;
      const current = { ...changed, revision: row.revision + 1 };
      cache.put(integrationId, current);
      return current;
    }
    throw new ProblemError(
      409,
      "changed_meanwhile",
      "Another update changed the integration at the same time. Get the integration again, then retry.",
    );
  }

  for (const row of await store.all()) {
    // Decrypts every integration, so that the server does not start with a wrong key.
    openIntegration(box, row);
    if (!isSealedWithNewestKey(box, row)) await change(row.integrationId, (current) => current);
  }
  await cache.reload(0);

  return {
    getCached(integrationId) {
      // If the reload fails, the next delivery starts another reload. This delivery uses the cached version.
      cache.reload(MAX_AGE_MS).catch(() => {});
      return cache.get(integrationId);
    },
    async all() {
      await cache.reload(MAX_AGE_MS);
      return cache.all();
    },
    async refresh(integrationId) {
      await cache.reload(MAX_REFRESHED_AGE_MS);
      return cache.get(integrationId);
    },
    async add(integration) {
      await store.add(sealIntegration(box, integration));
      cache.put(integration.integrationId, integration);
    },
    change,
    async remove(integrationId) {
      while (!(await store.remove(integrationId, ROWS_PER_STEP))) {}
      cache.put(integrationId, null);
    },
    connect: (options) => connect(options, vendorClient, clock),
    webhookUrl: (integrationId) => `${publicUrl()}/webhooks/${integrationId}`,
  };
}
