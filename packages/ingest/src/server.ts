import { createSecretBox } from "@convergint/internal/secret-box";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import { accessCalls } from "./access/calls.ts";
import { tokenCheck } from "./access/tokens.ts";
import { openApiOf } from "./api/openapi.ts";
import { serveCalls } from "./api/serve-calls.ts";
import { downstreamCalls } from "./downstream/calls.ts";
import { startPush } from "./downstream/push.ts";
import { resealSubscribers } from "./downstream/subscriber-secret.ts";
import { bindingCalls } from "./integrations/binding-calls.ts";
import { heldRemovalCalls } from "./integrations/held-removal-calls.ts";
import { integrationCalls } from "./integrations/integration-calls.ts";
import { openIntegrations } from "./integrations/integrations.ts";
import { mappingCalls } from "./integrations/mapping-calls.ts";
import { DEFAULT_KEEP, type Keep, startMaintenance } from "./maintain/maintenance.ts";
import { createMetrics, type Metrics } from "./observe/metrics.ts";
import { answerError, ProblemError } from "./problem.ts";
import { queryCalls } from "./query/calls.ts";
import { createReceiver } from "./receive/receiver.ts";
import { webhookRoutes } from "./receive/routes.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";
import { createSchedule } from "./sync/schedule.ts";
import { unusedConnections } from "./unused-connections.ts";
import { VERSION } from "./version.ts";

/** What a server is set up with. */
export interface IngestSettings {
  /**
   * A `postgres://` URL, or the path of a SQLite file, made where there is none; or a store that is open, which is closed
   * with the server.
   */
  readonly database: string | Store;
  /**
   * Base64 of the 32 bytes that vendors' credentials are encrypted with. Several, separated by commas, while the first
   * replaces the others: everything is encrypted anew at the start.
   */
  readonly encryptionKey: string;
  /** A token of the role `admin`, beside those that are made by the API. */
  readonly adminToken: string;
  /** How vendors reach this server; where it listens, by default. */
  readonly publicUrl?: string | undefined;
  /** How long things are kept; by default events and changes for 90 days, ids of events for 30. */
  readonly keepMs?: Keep;
  readonly log: Logger;
  /** Told when nothing can be stored any more: the process should end and be started again. */
  readonly onFatal: (error: Error) => void;
}

/** A server that is set up, and listens when told to. */
export interface IngestServer {
  /** @returns the base URL, without a slash at the end */
  listen(options?: { readonly port?: number; readonly host?: string }): Promise<string>;
  /** Takes nothing more in, stores what was taken, answers it, and closes. */
  close(): Promise<void>;
}

/** How long a sender may take for one request, all of it. */
const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_AFTER_SECONDS = 5;
/** How soon a connection that has become idle is closed while the server closes. */
const SWEEP_MS = 50;

const answerNotFound = () => {
  throw new ProblemError(
    404,
    "not_found",
    "There is nothing here. GET /openapi.json says what this server serves.",
  );
};

/** The HTTP side, without a route. */
function createApp(log: Logger, isClosing: () => boolean): FastifyInstance {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // One log for all: a child for each request, most of which log nothing, would cost more than its parsing.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerError,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    // The hook below says it as a problem.
    return503OnClosing: false,
    // An id may be 256 characters long, and each may be escaped.
    routerOptions: { maxParamLength: 256 * 12 },
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  app.addHook("onRequest", (_request, reply, done) => {
    if (!isClosing()) return done();
    reply.header("connection", "close");
    const detail = "The server is stopping. Send it again in a moment.";
    done(new ProblemError(503, "stopping", detail, RETRY_AFTER_SECONDS));
  });
  return app;
}

/** What the orchestrator and Prometheus ask, without a token. */
function operationRoutes(app: FastifyInstance, store: Store, { registry }: Metrics): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async () => {
    try {
      await store.changes.last();
    } catch (error) {
      app.log.warn({ err: error }, "the store does not answer");
      throw new ProblemError(503, "not_ready", "The store does not answer.", RETRY_AFTER_SECONDS);
    }
    return { status: "ready" };
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

/**
 * Sets up the ingestion server.
 *
 * @throws {StoreError} `store_gone` where the database cannot be opened
 * @throws {SecretBoxError} where the encryption key is malformed, or is not the one of this database
 */
export async function createIngestServer(settings: IngestSettings): Promise<IngestServer> {
  const { log, database, onFatal } = settings;
  const box = createSecretBox(settings.encryptionKey);
  const store = typeof database === "string" ? await openStore(database, onFatal) : database;
  let listeningAt = "";
  const publicUrl = () => settings.publicUrl?.replace(/\/$/, "") ?? listeningAt;
  const integrations = await openIntegrations(store, box, publicUrl)
    .then(async (opened) => {
      await resealSubscribers(store, box);
      return opened;
    })
    .catch(async (error: unknown) => {
      // A server that cannot be set up leaves no thread and no connection behind.
      await store.close();
      throw error;
    });
  const closing = new AbortController();
  const app = createApp(log, () => closing.signal.aborted);
  const closeUnused = unusedConnections(app.server);
  const metrics = createMetrics(store, () => receiver.depth());
  const receiver = createReceiver({ integrations, store, metrics, log: app.log });
  const schedule = createSchedule({ store, integrations, metrics, log, takeEvents: receiver.backfill });
  webhookRoutes(app, { integrations, receiver, metrics });
  operationRoutes(app, store, metrics);

  const parts = { store, integrations, schedule };
  const calls = [
    ...integrationCalls(parts),
    ...bindingCalls(parts),
    ...mappingCalls(parts),
    ...heldRemovalCalls(parts),
    ...queryCalls(store),
    ...downstreamCalls({ store, box, closing: closing.signal }),
    ...accessCalls(store.tokens),
  ];
  const openApi = openApiOf(calls, VERSION);
  app.get("/openapi.json", async () => openApi);
  app.register(
    async (v1) => {
      const requireRole = tokenCheck(store.tokens, settings.adminToken);
      // Who may not look is not told what is not there.
      v1.setNotFoundHandler(
        { preHandler: (request: FastifyRequest) => requireRole(request, "read") },
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
      const push = startPush(store, box, log);
      const maintenance = startMaintenance(store, settings.keepMs ?? DEFAULT_KEEP, log);
      stopBackground = async () => {
        await Promise.all([push.stop(), maintenance.stop()]);
      };
      return listeningAt;
    },
    async close() {
      closing.abort();
      await Promise.all([schedule.stop(), stopBackground()]);
      // A connection that was busy when closing began and idles afterwards would hold it up until it times out.
      const sweep = setInterval(() => {
        app.server.closeIdleConnections();
        closeUnused();
      }, SWEEP_MS);
      await app.close().finally(() => clearInterval(sweep));
      await receiver.drained();
      await store.close();
    },
  };
}
