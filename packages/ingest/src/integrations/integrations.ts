import type { SecretBox } from "@convergint/internal/secret-box";
import { ProblemError } from "../problem.ts";
import type { Store } from "../store/store.ts";
import type { Integration } from "./integration.ts";
import { isSealedWithNewestKey, openIntegration, sealIntegration } from "./seal-integration.ts";

/** The integrations, at hand: every delivery needs its secrets. */
export interface Integrations {
  /**
   * As it is at hand, at once: a delivery waits for no query. What is older than two seconds is read again meanwhile, for
   * another process may have changed it; who finds it wanting asks with {@link Integrations.refresh}.
   */
  atHand(integrationId: string): Integration | undefined;
  /** As they were at most two seconds ago. */
  all(): Promise<readonly Integration[]>;
  /** As it is now, unless that was looked up a moment ago. For a delivery that does not verify by what is at hand. */
  refresh(integrationId: string): Promise<Integration | undefined>;
  /** Adds one, known here before this resolves. */
  add(integration: Integration): Promise<void>;
  /**
   * Changes one, as whoever changed it meanwhile has left it.
   *
   * @param change given the current one; made again where somebody else was faster
   * @throws {ProblemError} 404 `unknown_integration`, 409 `changed_meanwhile`
   */
  change(integrationId: string, change: (current: Integration) => Integration): Promise<Integration>;
  /** Where the vendor of an integration posts to. */
  webhookUrl(integrationId: string): string;
}

/** How old what is at hand may be. */
const FRESH_MS = 2000;
/** A flood of deliveries that do not verify must not become a flood of queries. */
const REFRESH_MS = 200;
const MOST_TRIES = 5;

export const createUnknownIntegrationError = (): ProblemError =>
  new ProblemError(404, "unknown_integration", "List the integrations with GET /v1/integrations.");

/**
 * Opens the integrations of a store, and encrypts anew what is not encrypted with the newest key.
 *
 * @param publicUrl how vendors reach this server, without a slash at the end
 * @throws {SecretBoxError} `cannot_decrypt`
 */
export async function openIntegrations(
  { integrations }: Pick<Store, "integrations">,
  box: SecretBox,
  publicUrl: () => string,
): Promise<Integrations> {
  let byId = new Map<string, Integration>();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;

  /** Those that this process has written, which a reading that began before does not know of. */
  const written = new Map<string, { readonly integration: Integration; readonly at: number }>();
  function keep(integration: Integration): void {
    written.set(integration.integrationId, { integration, at: performance.now() });
    byId.set(integration.integrationId, integration);
  }

  async function load(): Promise<void> {
    const at = performance.now();
    const rows = await integrations.all();
    const opened = rows.map((row) => {
      const known = byId.get(row.integrationId);
      return known?.revision === row.revision ? known : openIntegration(box, row);
    });
    byId = new Map(opened.map((integration) => [integration.integrationId, integration]));
    for (const [integrationId, { integration, at: writtenAt }] of written) {
      if (writtenAt >= at) byId.set(integrationId, integration);
      else written.delete(integrationId);
    }
    loadedAt = at;
  }

  /** Reads them unless what is at hand is young enough; several who ask at once ask once. */
  async function loadUnlessYounger(milliseconds: number): Promise<void> {
    if (performance.now() - loadedAt < milliseconds) return;
    loading ??= load().finally(() => {
      loading = null;
    });
    await loading;
  }

  async function change(
    integrationId: string,
    make: (current: Integration) => Integration,
  ): Promise<Integration> {
    for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
      const row = await integrations.get(integrationId);
      if (!row) throw createUnknownIntegrationError();
      const changed = make(openIntegration(box, row));
      if (!(await integrations.replace(sealIntegration(box, changed)))) continue;
      const current = { ...changed, revision: row.revision + 1 };
      keep(current);
      return current;
    }
    throw new ProblemError(
      409,
      "changed_meanwhile",
      "Somebody else is changing this integration. Look at it, and try again.",
    );
  }

  for (const row of await integrations.all()) {
    // Opening them all also finds out at once whether this is their key.
    openIntegration(box, row);
    if (!isSealedWithNewestKey(box, row)) await change(row.integrationId, (current) => current);
  }
  await load();

  return {
    atHand(integrationId) {
      // What cannot be read now is read at the next delivery; this one goes by what is at hand.
      loadUnlessYounger(FRESH_MS).catch(() => {});
      return byId.get(integrationId);
    },
    async all() {
      await loadUnlessYounger(FRESH_MS);
      return [...byId.values()];
    },
    async refresh(integrationId) {
      await loadUnlessYounger(REFRESH_MS);
      return byId.get(integrationId);
    },
    async add(integration) {
      await integrations.add(sealIntegration(box, integration));
      keep(integration);
    },
    change,
    webhookUrl: (integrationId) => `${publicUrl()}/webhooks/${integrationId}`,
  };
}
