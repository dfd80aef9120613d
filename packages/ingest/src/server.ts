import type { Server } from "node:http";
import type { Socket } from "node:net";
import { createGuardedFetch } from "@convergint/internal/guarded-agent";
import { allowedMethods, type KnownRoute, refuseUnparsed } from "@convergint/internal/http-refusals";
import { createOutgoingPolicy, type OutgoingPolicy } from "@convergint/internal/outgoing-policy";
import { type ProxySettings, readProxy } from "@convergint/internal/proxy";
import { parseNetworks } from "@convergint/internal/public-address";
import { createSecretBox } from "@convergint/internal/secret-box";
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import { accessCalls } from "./access/calls.ts";
import { createTokenCheck, requireAllCustomers } from "./access/tokens.ts";
import { generateOpenApi } from "./api/openapi.ts";
import { serveCalls } from "./api/serve-calls.ts";
import { type Clock, systemClock } from "./clock.ts";
import { downstreamCalls } from "./downstream/calls.ts";
import { Push } from "./downstream/push.ts";
import { resealSubscribers } from "./downstream/subscriber-delivery.ts";
import { bindingCalls } from "./integrations/binding-calls.ts";
import { heldRemovalCalls } from "./integrations/held-removal-calls.ts";
import { integrationCalls } from "./integrations/integration-calls.ts";
import { openIntegrations, type VendorClientSettings } from "./integrations/integrations.ts";
import { mappingCalls } from "./integrations/mapping-calls.ts";
import { createDatabaseState, type DatabaseState } from "./maintain/database-state.ts";
import { DEFAULT_KEEP, type Keep, startMaintenance } from "./maintain/maintenance.ts";
import { createMetrics, type Metrics } from "./observe/metrics.ts";
import { answerError, ProblemError } from "./problem.ts";
import { queryCalls } from "./query/calls.ts";
import { handshakeRoutes } from "./receive/handshakes.ts";
import { Receiver } from "./receive/receiver.ts";
import { webhookRoutes } from "./receive/routes.ts";

import { openServerStore } from "./store/open-store.ts";
import { isOutage, type Store } from "./store/store.ts";

import { Schedule } from "./sync/schedule.ts";
import { VERSION } from "./version.ts";

/**
 * Tracks connections on which nothing has been sent yet. Clients open such connections in advance. A closing
 * server would wait for these connections as if requests were pending.
 *
 * @returns a function that closes these connections
 */
function trackUnusedConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}

/** The settings of a server. */
export interface IngestSettings {
  /**
   * A `postgres://` URL, the path of a SQLite file (created if missing), or an open store, which closes
   * together with the server.
   */
  readonly database: string | Store;
  /**
   * Base64 of the 32-byte key that encrypts vendors' credentials. To replace the key, pass `new,old`: when
   * the server starts, it re-encrypts everything with the first key.
   */
  readonly encryptionKey: string;
  /** A token with the `admin` role, in addition to the tokens created by the API. */
  readonly adminToken: string;
  /** The URL at which vendors reach this server. Default: the address that it listens on. */
  readonly publicUrl?: string | undefined;
  /** How long data is stored. Default: events and changes for 90 days, event ids for 30. */
  readonly keepMs?: Keep;
  readonly log: Logger;
  /** Called when nothing can be stored any longer. The process should exit and be restarted. */
  readonly onFatal: (error: Error) => void;
  /**
   * Private networks in CIDR notation, such as `10.0.0.0/8`, that vendors and subscribers may be in. Default: none. The server
   * calls only public addresses, by https.
   */
  readonly allowPrivateNetworks?: readonly string[];
  /** Private networks that only subscribers may be in. Default: none. */
  readonly allowSubscriberNetworks?: readonly string[];
  /** The proxy for requests to public addresses. Default: none; the proxy settings of the environment are ignored. */
  readonly proxy?: ProxySettings | undefined;
  /**
   * Host names of senders, such as `eventgrid.azure.net`, that may ask by CloudEvents' validation request (`OPTIONS`) whether
   * they may deliver. Default: none; no such request is answered.
   */
  readonly allowWebhookOrigins?: readonly string[];
  /** Settings for calls to vendors. Default: the settings of `@convergint/client`. */
  readonly vendorClient?: VendorClientSettings;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/** An ingestion server. */
export interface IngestServer {
  /** Starts to listen. @returns the base URL, without a trailing slash */
  listen(options?: { readonly port?: number; readonly host?: string }): Promise<string>;
  /** Refuses new requests, stores and answers deliveries that were already accepted, and closes. */
  close(): Promise<void>;
}

/** The time limit for receiving one whole request. */
const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_AFTER_SECONDS = 5;
/** The interval at which a closing server closes connections that have become idle. */
const SWEEP_MS = 50;

type AnswerNotFound = (request: FastifyRequest, reply: FastifyReply) => never;

/** Collects the routes of a server, and refuses other methods and other paths. */
function refuseUnknownRoutes(app: FastifyInstance): AnswerNotFound {
  const routes: KnownRoute[] = [];
  app.addHook("onRoute", ({ method, url }) => void routes.push({ method, url }));
  return ({ method, url }, reply) => {
    const methods = allowedMethods(routes, url);
    const detail = "See GET /openapi.json for the calls of this server.";
    if (methods.length === 0) throw new ProblemError(404, "not_found", `Not found. ${detail}`);
    reply.header("allow", methods.join(", "));
    const supported = methods.join(" and ");
    throw new ProblemError(
      405,
      "method_not_allowed",
      `This path does not support ${method}, only ${supported}. ${detail}`,
    );
  };
}

/** Creates the HTTP server, without routes. */
function createApp(
  log: Logger,
  isClosing: () => boolean,
): { readonly app: FastifyInstance; readonly answerNotFound: AnswerNotFound } {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // A child logger per request would cost more than parsing the request.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerError,
    clientErrorHandler: refuseUnparsed,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    // The hook below answers with a problem instead of Fastify's own 503.
    return503OnClosing: false,
    // An id has up to 256 characters, each of which takes up to 12 characters when escaped.
    routerOptions: { maxParamLength: 256 * 12 },
  });
  const answerNotFound = refuseUnknownRoutes(app);
  app.setNotFoundHandler(answerNotFound);
  app.addHook("onRequest", (_request, reply, done) => {
    if (!isClosing()) return done();
    reply.header("connection", "close");
    const detail = "The server is stopping. Send the request again after the time in Retry-After.";
    done(new ProblemError(503, "stopping", detail, RETRY_AFTER_SECONDS));
  });
  return { app, answerNotFound };
}

/** Adds the routes for the orchestrator, which need no token, and for Prometheus. */
function operationRoutes(
  app: FastifyInstance,
  state: DatabaseState,
  { registry }: Metrics,
  requireRole: ReturnType<typeof createTokenCheck>,
): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async () => {
    if (await state.acceptsWrites()) return { status: "ready" };
    const detail = "The database does not accept writes. The server's log has the cause.";
    throw new ProblemError(503, "not_ready", detail, RETRY_AFTER_SECONDS);
  });
  app.get(
    "/metrics",
    // The labels contain the ids of all integrations, and anyone who knows an id can post to that integration's webhook URL.
    { onRequest: async (request) => requireAllCustomers(await requireRole(request, "read")) },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}

/** Creates the policies of the requests to vendors and to subscribers. @throws {NetworkError} `invalid_network` */
function createPolicies({
  allowPrivateNetworks = [],
  allowSubscriberNetworks = [],
}: IngestSettings): Readonly<Record<"vendors" | "subscribers", OutgoingPolicy>> {
  return {
    vendors: createOutgoingPolicy({
      networks: parseNetworks(allowPrivateNetworks),
      allowWith: (address) => `--allow-private-network ${address} when you start the server`,
    }),
    subscribers: createOutgoingPolicy({
      networks: parseNetworks([...allowPrivateNetworks, ...allowSubscriberNetworks]),
      allowWith: (address) => `--allow-subscriber-network ${address} when you start the server`,
    }),
  };
}

/**
 * Creates the ingestion server.
 *
 * @throws {StoreError} `store_gone` if the database cannot be opened
 * @throws {NetworkError} `invalid_network` for a malformed network
 * @throws {ProxyError} `invalid_proxy` for a malformed proxy
 * @throws {SecretBoxError} if the encryption key is malformed or is not the key of this database
 */
export async function createIngestServer(settings: IngestSettings): Promise<IngestServer> {
  const { log, database, onFatal, clock = systemClock } = settings;
  const box = createSecretBox(settings.encryptionKey);
  const policies = createPolicies(settings);
  const proxy = settings.proxy && readProxy(settings.proxy);
  const toVendors = createGuardedFetch(policies.vendors, proxy);
  const toSubscribers = createGuardedFetch(policies.subscribers, proxy);
  const store = typeof database === "string" ? await openServerStore(database, onFatal) : database;
  let listeningAt = "";
  const publicUrl = () => settings.publicUrl?.replace(/\/$/, "") ?? listeningAt;
  const vendorClient = { fetch: toVendors.fetch, ...settings.vendorClient };
  const integrations = await openIntegrations(store, box, publicUrl, vendorClient, clock)
    .then(async (opened) => {
      await resealSubscribers(store, box);
      return opened;
    })
    .catch(async (error: unknown) => {
      // Closes the store, so that its thread or connections do not leak.
      await store.close();
      throw error;
    });
  const closing = new AbortController();
  const answered = new AbortController();
  const { app, answerNotFound } = createApp(log, () => closing.signal.aborted);
  const state = createDatabaseState(store, log, clock);
  const { report } = state;
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (isOutage(error)) report(error, "");
    return answerError(error, request, reply);
  });
  const closeUnused = trackUnusedConnections(app.server);
  const metrics = createMetrics(store, () => receiver.depth(), clock, state.isUp);
  const receiver = new Receiver({ integrations, store, metrics, log: app.log, report, clock });
  const schedule = new Schedule({
    store,
    integrations,
    metrics,
    log,
    report,
    clock,
    takeEvents: (...fetched) => receiver.backfill(...fetched),
  });
  webhookRoutes(app, { integrations, receiver, metrics, report, clock, answered: answered.signal });
  handshakeRoutes(app, integrations, settings.allowWebhookOrigins ?? []);
  const requireRole = createTokenCheck(store.tokens, settings.adminToken, clock);
  operationRoutes(app, state, metrics, requireRole);

  const parts = { store, integrations, schedule, clock, closing: closing.signal };
  const calls = [
    ...integrationCalls(parts),
    ...bindingCalls(parts),
    ...mappingCalls(parts),
    ...heldRemovalCalls(parts),
    ...queryCalls(store),
    ...downstreamCalls({
      store,
      box,
      policy: policies.subscribers,
      closing: closing.signal,
      report,
      clock,
    }),
    ...accessCalls(store.tokens, clock),
  ];
  // Generated when it is first read, because it would take most of the time of a start.
  let openApi: object | undefined;
  app.get("/openapi.json", async () => {
    openApi ??= generateOpenApi(calls, VERSION);
    return openApi;
  });
  app.register(
    async (v1) => {
      // Only authorized callers learn which paths exist.
      v1.setNotFoundHandler(
        { preHandler: async (request: FastifyRequest) => void (await requireRole(request, "read")) },
        answerNotFound,
      );
      serveCalls(v1, calls, requireRole);
    },
    { prefix: "/v1" },
  );

  let stopBackground = async (): Promise<void> => {};
  return {
    async listen({ port = 0, host = "127.0.0.1" } = {}) {
      listeningAt = await app.listen({ port, host });
      schedule.start();
      const push = new Push(store, box, toSubscribers.fetch, log, report, clock);
      push.start();
      const maintenance = startMaintenance(store, settings.keepMs ?? DEFAULT_KEEP, report);
      stopBackground = async () => {
        await Promise.all([push.stop(), maintenance.stop()]);
      };
      return listeningAt;
    },
    async close() {
      closing.abort();
      await Promise.all([schedule.stop(), stopBackground()]);
      // Without this interval, a connection that becomes idle during the close would delay the close until
      // the connection times out.
      const sweep = setInterval(() => {
        app.server.closeIdleConnections();
        closeUnused();
      }, SWEEP_MS);
      await app.close().finally(() => clearInterval(sweep));
      answered.abort();
      await receiver.drained();
      await Promise.all([toVendors.close(), toSubscribers.close()]);
      await state.stop();
      await store.close();
    },
  };
}
