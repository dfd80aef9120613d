import { randomBytes, randomUUID } from "node:crypto";
import { type Clock, DEFAULT_RETRY_SCHEDULE_SECONDS, type Send, systemClock } from "@convergint/delivery";
import { refuseUnparsed } from "@convergint/internal/http-refusals";
import { createSeededRandom } from "@convergint/internal/seeded-random";
import { type Event, MANIFEST_PATH } from "@convergint/schemas";
import compress from "@fastify/compress";
import fastify, { type FastifyInstance } from "fastify";
import { backfillRoutes } from "./backfill/routes.ts";
import { type ApiKey, digest, keyHolders, requireCredential, requireSandboxTenant } from "./credentials.ts";
import { type OutboxFile, openOutbox } from "./deliver/open-outbox.ts";
import { endpointRoutes } from "./deliver/routes.ts";
import { type HandRegisteredEndpoint, WebhookEndpoints } from "./deliver/webhook-endpoints.ts";
import { createEstate, type EstateSize } from "./estate/estate.ts";
import { catalogueOf } from "./events/catalogue.ts";
import { DeviceReports, DeviceTurns } from "./events/device-reports.ts";
import { Installations } from "./events/installations.ts";
import { createCursorSeal } from "./inventory/cursor.ts";
import { Inventory } from "./inventory/inventory.ts";
import { createPageFill, createPager } from "./inventory/pages.ts";
import { inventoryRoutes } from "./inventory/routes.ts";
import { createSyncTokens } from "./inventory/sync-token.ts";
import { describeCampus } from "./manifest.ts";
import { createAccessTokens, type OauthClient, TOKEN_PATH, tokenRoute } from "./oauth/token-route.ts";
import type { CampusPart } from "./parts.ts";
import { answerError, refuseUnknownRoutes } from "./problem.ts";
import { sandboxRoutes } from "./sandbox/routes.ts";
import { type SignedTokenTerms, TOKEN_TERMS, type TokenConsumer, tokenHolders } from "./signed-tokens.ts";
import { createDice, varyAnswers, varyPublishing, varySending } from "./variation/traffic.ts";
import { startUnrest } from "./variation/unrest.ts";
import { idOrder, idWriter, PLAIN, type Variation } from "./variation/variation.ts";

/** How to set a campus up. */
export interface CampusOptions extends EstateSize {
  /** Determines every id, name and status of the estate. */
  readonly seed: number;
  /** The API keys that this cloud issued. */
  readonly apiKeys: readonly ApiKey[];
  /** Revoked keys; endpoints registered with them are removed. */
  readonly withdrawnKeys?: readonly string[];
  /** The OAuth 2 clients that may request access tokens. Without clients, there is no token endpoint. */
  readonly oauthClients?: readonly OauthClient[];
  /**
   * The consumers that sign their own tokens. Without API keys, they are the only callers. Without consumers, the
   * manifest does not declare signed tokens.
   */
  readonly consumers?: readonly TokenConsumer[];
  /** What signed tokens must be like. Default: {@link TOKEN_TERMS}. */
  readonly tokenTerms?: SignedTokenTerms;
  /** The lifetime of access tokens. A few seconds let a test see one expire. */
  readonly accessTokenSeconds?: number;
  /** Keeps endpoints and undelivered events across restarts and kills. Default: in memory. */
  readonly outboxFile?: OutboxFile;
  /** Wraps the posting of each webhook, for tests; see `send` of `@convergint/delivery`. */
  readonly send?: Send;
  /**
   * The wait before each retry, without jitter. Default: waits that start at 5 s (1 s in a sandbox) and span
   * more than a day.
   */
  readonly retryScheduleSeconds?: readonly number[];
  /** Posts events that are due together as one batch, to every endpoint. Default: one event per delivery. */
  readonly batching?: boolean;
  /**
   * What this cloud does not have. Without `sandbox`, the manifest does not declare sandbox control, but its routes remain,
   * so that a program can change devices. Without `webhooks`, there is no endpoint management either. Default: it has
   * everything.
   */
  readonly without?: readonly CampusPart[];
  /** Endpoints that a consumer entered in this vendor's console. They get every event of their orgs. */
  readonly handRegistered?: readonly HandRegisteredEndpoint[];
  /** The mean time between two changes that happen by themselves. Default: no such changes. */
  readonly unrestSeconds?: number;
  /** Serves the sandbox control API and allows deliveries to loopback. Default: true. */
  readonly sandbox?: boolean;
  /**
   * How this vendor differs from the default campus. The contract allows these differences. Default: none.
   */
  readonly variation?: Variation;
  /** The time and timers of devices, tokens, cursors and deliveries. Default: the system's. */
  readonly clock?: Clock;
}

/** A running vendor cloud. */
export interface Campus {
  /** The server itself, so that a test can add hooks before it listens. */
  readonly app: FastifyInstance;
  /**
   * Starts serving and delivering.
   *
   * @returns the base URL, without a trailing slash
   * @throws {DeliveryError} `invalid_option`, `store_failed` if the outbox cannot be opened
   */
  listen(options?: { port?: number; host?: string }): Promise<string>;
  /** Registers an endpoint in the way that a consumer enters one in this vendor's console. Call it after `listen`. */
  registerByHand(endpoint: HandRegisteredEndpoint): Promise<void>;
  /** Stops serving and delivering. Undelivered events stay in the outbox file, if there is one. */
  close(): Promise<void>;
}

/**
 * The schedule begins with short waits, so that people can watch retries. The waits of a production cloud
 * follow.
 */
const SANDBOX_RETRY_SCHEDULE_SECONDS = [1, 2, 4, ...DEFAULT_RETRY_SCHEDULE_SECONDS.slice(1)];

/** Notices soon that a test tenant's endpoint has recovered, so that a run of the suite does not wait for that. */
const SANDBOX_PROBE_SCHEDULE_SECONDS = [0.5, 1, 2, 4, 10, 20, 40, 80, 160, 300];

/** How long `close` waits for deliveries under way. */
const CLOSE_MS = 1_000;

/** Creates the reference vendor: a campus with 1,200 devices and its cloud. */
export function createCampus({
  seed,
  maxBuildings,
  maxChildren,
  apiKeys,
  withdrawnKeys = [],
  oauthClients = [],
  consumers = [],
  tokenTerms = TOKEN_TERMS,
  accessTokenSeconds = 3600,
  outboxFile,
  send = (request, post) => post(request),
  without = [],
  handRegistered = [],
  unrestSeconds,
  variation = PLAIN,
  batching = variation.batching,
  sandbox = true,
  retryScheduleSeconds = variation.retryScheduleSeconds ??
    (sandbox ? SANDBOX_RETRY_SCHEDULE_SECONDS : DEFAULT_RETRY_SCHEDULE_SECONDS),
  clock = systemClock,
}: CampusOptions): Campus {
  const has = (part: CampusPart) => !without.includes(part);
  const chance = { random: createSeededRandom(seed), clock };
  const replicas = createDice(chance.random, "replicas");
  const now = () => new Date(clock.now());
  /** Returns the time on the clock of the replica that handles a request. */
  const replicaNow = () => new Date(clock.now() + (replicas.below(2) < 1 ? variation.replicaAheadMs : 0));
  /**
   * A listing contains every change up to now. Its `as_of` is the time of the replica whose clock is furthest
   * behind.
   */
  const asOf = () => new Date(clock.now() + Math.min(0, variation.replicaAheadMs));
  const createInventory = () =>
    new Inventory(createEstate(seed, now(), { maxBuildings, maxChildren }, variation), idOrder(variation));
  const inventory = createInventory();
  const { listingLagMs } = variation;
  const listed = listingLagMs > 0 ? createInventory() : inventory;
  if (listed !== inventory) inventory.follow((change) => clock.setTimer(() => change(listed), listingLagMs));
  const seal = createCursorSeal(randomBytes(32));
  const fill = createPageFill(variation, createDice(chance.random, "pages").below);
  const page = createPager(seal, () => new Date(asOf().getTime() - listingLagMs), variation, fill);
  const syncTokens = createSyncTokens(randomBytes(32), now);
  const tokens = createAccessTokens({ clients: oauthClients, lifetimeSeconds: accessTokenSeconds, now });

  const app = fastify({
    // Standard output belongs to the program that embeds this cloud, so the server does not log to standard
    // output.
    logger: { level: "error", stream: process.stderr },
    frameworkErrors: answerError,
    clientErrorHandler: refuseUnparsed,
    // An id has up to 256 characters, and every character may be percent-encoded.
    routerOptions: { maxParamLength: 256 * 12 },
  });
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("date", replicaNow().toUTCString());
  });
  // The lowest compression level is enough, because pages contain many repetitions.
  app.register(compress, { encodings: ["gzip"], zlibOptions: { level: 1 } });
  app.setErrorHandler(answerError);
  const answerNotFound = refuseUnknownRoutes(app);
  app.setNotFoundHandler(answerNotFound);
  const parseJson = app.getDefaultJsonParser("error", "error");
  // Many clients send this content type even without a body.
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null);
    else parseJson(request, String(body), done);
  });
  varyAnswers(app, variation, chance);
  app.get(variation.paths.manifest + MANIFEST_PATH, async ({ protocol, host }) =>
    describeCampus(`${protocol}://${host}`, {
      retryScheduleSeconds,
      batching,
      sandbox,
      without,
      hasKeys: apiKeys.length > 0 || (!tokens.areIssued && consumers.length === 0),
      tokenPath: tokens.areIssued ? TOKEN_PATH : null,
      tokenMethods: tokens.methods,
      tokenTerms: consumers.length > 0 ? tokenTerms : null,
      variation,
    }),
  );
  if (tokens.areIssued) tokenRoute(app, tokens, variation.paths.api + TOKEN_PATH);
  let registered: WebhookEndpoints | undefined;
  app.register(async (cloud) => {
    const sending = varySending(send, variation, chance);
    const outbox = await openOutbox({
      file: outboxFile,
      retryScheduleSeconds,
      ...(sandbox && { probeScheduleSeconds: SANDBOX_PROBE_SCHEDULE_SECONDS }),
      allowLoopback: sandbox,
      send: sending.send,
      // Slow deliveries must not wait for each other.
      ...(variation.maxConnectMs > 0 && { concurrencyPerEndpoint: 1000 }),
      clock,
      onError: (error) => app.log.error(error),
    });
    // Close the outbox after the last response is sent, so that the events of that response are stored.
    cloud.addHook("onClose", () => outbox.close({ signal: AbortSignal.timeout(CLOSE_MS) }));
    const endpoints = new WebhookEndpoints(outbox, { batching, onRemoved: sending.forget });
    registered = endpoints;
    if (has("webhooks")) for (const each of handRegistered) await endpoints.registerByHand(each);
    for (const key of withdrawnKeys) await endpoints.removeAllOf(digest(key));
    outbox.start();
    const publish = varyPublishing((event: Event) => outbox.enqueue(event), variation, chance);
    const turns = new DeviceTurns(inventory, replicaNow);
    const reports = new DeviceReports({ inventory, turns, publish, variation });
    const createId = () => idWriter(variation)(randomUUID());
    const installations = new Installations({ inventory, turns, publish, createId });
    const changes =
      unrestSeconds === undefined
        ? variation
        : { unrestSeconds, unrest: ["status", "status", "status", "heartbeat"] as const };
    const unrest = startUnrest(changes, { inventory, reports, installations, ...chance });
    cloud.addHook("onClose", async () => unrest.stop());

    const holders = [keyHolders(apiKeys), tokens.find, tokenHolders(consumers, tokenTerms, replicaNow)];
    /** Registers routes that need a credential. Without a credential, even an unknown path gets 401. */
    const behindCredential = (prefix: string, routes: (scope: FastifyInstance) => void): void => {
      cloud.register(
        async (scope) => {
          scope.addHook("onRequest", requireCredential(holders, withdrawnKeys));
          scope.setNotFoundHandler(answerNotFound);
          routes(scope);
        },
        { prefix },
      );
    };
    behindCredential(`${variation.paths.api}/v1`, (v1) => {
      inventoryRoutes(v1, { inventory, listed, page, tokens: syncTokens });
      const { maxPageSize } = variation;
      if (has("backfill")) backfillRoutes(v1, { outbox, inventory, seal, now: asOf, maxPageSize, fill });
      if (has("webhooks") && has("endpoint-management"))
        endpointRoutes(v1, { endpoints, inventory, now: replicaNow });
      v1.get("/event-catalog", async () => ({ data: catalogueOf(variation, without) }));
    });
    if (sandbox) {
      behindCredential(`${variation.paths.control}/sandbox`, (scope) => {
        scope.addHook("onRequest", requireSandboxTenant);
        sandboxRoutes(scope, { inventory, reports, installations, onCommand: unrest.spare });
      });
    }
  });

  return {
    app,
    async listen({ port = 0, host = "127.0.0.1" } = {}) {
      try {
        return (await app.listen({ port, host })) + variation.paths.manifest;
      } catch (error) {
        // The outbox may already be open. It would keep delivering if the server were not closed.
        await app.close();
        throw error;
      }
    },
    async registerByHand(endpoint) {
      await registered?.registerByHand(endpoint);
    },
    close: () => app.close(),
  };
}
