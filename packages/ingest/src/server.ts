import fastify, { type FastifyBaseLogger, LogController } from "fastify";
import type { Logger } from "pino";
import { loadIntegrations } from "./binding/integrations.ts";
import { bindingRoutes } from "./binding/routes.ts";
import { createSecretBox } from "./binding/secret-box.ts";
import { answerError, ProblemError } from "./problem.ts";
import { requireToken } from "./query/authentication.ts";
import { queryRoutes } from "./query/routes.ts";
import { webhookRoutes } from "./receive/routes.ts";
import { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import { createSchedule } from "./sync/schedule.ts";

/** What a server is set up with. */
export interface IngestSettings {
  /** Path of the SQLite database, made where there is none; or a store that is open, which is closed with the server. */
  readonly database: string | Store;
  /** Base64 of the 32 bytes that vendors' credentials are encrypted with. */
  readonly encryptionKey: string;
  /** What callers of `/v1` authenticate with. */
  readonly adminToken: string;
  /** How vendors reach this server; where it listens, by default. */
  readonly publicUrl?: string | undefined;
  readonly log: Logger;
  /** Told when the store can no longer be written: the process should end and be started again. */
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

/**
 * Sets up the ingestion server.
 *
 * @throws {StoreWriteError} `writer_gone` where the database cannot be opened
 * @throws {SecretBoxError} where the encryption key is malformed, or is not the one of this database
 */
export async function createIngestServer(settings: IngestSettings): Promise<IngestServer> {
  const { log, adminToken } = settings;
  const box = createSecretBox(settings.encryptionKey);
  const { database, onFatal } = settings;
  const store = typeof database === "string" ? await openSqliteStore(database, onFatal) : database;
  let listeningAt = "";
  const integrations = await openOrClose(store, () =>
    loadIntegrations(store, box, () => settings.publicUrl?.replace(/\/$/, "") ?? listeningAt),
  );
  const schedule = createSchedule(store.writer, log);
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerError,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    // The hook below says it as a problem.
    return503OnClosing: false,
    // An id may be 256 characters long, and each may be escaped.
    routerOptions: { maxParamLength: 256 * 12 },
  });
  const answerNotFound = () => {
    throw new ProblemError(
      404,
      "not_found",
      "There is nothing here. See the README for what this server serves.",
    );
  };
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  let closing = false;
  app.addHook("onRequest", async (_request, reply) => {
    if (!closing) return;
    reply.header("connection", "close");
    throw new ProblemError(
      503,
      "stopping",
      "The server is stopping. Send it again in a moment.",
      RETRY_AFTER_SECONDS,
    );
  });
  const { drained } = webhookRoutes(app, { integrations, writer: store.writer });
  app.register(
    async (v1) => {
      v1.addHook("onRequest", requireToken(adminToken));
      v1.setNotFoundHandler(answerNotFound);
      bindingRoutes(v1, { integrations, reader: store.reader, schedule });
      queryRoutes(v1, store.reader);
    },
    { prefix: "/v1" },
  );
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async () => {
    store.reader.integrations();
    return { status: "ready" };
  });

  return {
    async listen({ port = 0, host = "127.0.0.1" } = {}) {
      listeningAt = await app.listen({ port, host });
      for (const integration of integrations.all()) {
        const last = store.reader.lastSync(integration.integrationId);
        schedule.plan(integration, last && new Date(last.finishedAt));
      }
      return listeningAt;
    },
    async close() {
      closing = true;
      await schedule.stop();
      // A connection that was busy when closing began and idles afterwards would hold it up until it times out.
      const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
      await app.close().finally(() => clearInterval(sweep));
      await drained();
      store.reader.close();
      await store.writer.close();
    },
  };
}

/** A server that cannot be set up leaves no thread behind. */
async function openOrClose<Result>({ writer, reader }: Store, load: () => Result): Promise<Result> {
  try {
    return load();
  } catch (error) {
    reader.close();
    await writer.close();
    throw error;
  }
}
