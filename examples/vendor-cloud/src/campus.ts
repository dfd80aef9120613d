import { randomBytes } from "node:crypto";
import { MANIFEST_PATH } from "@convergint/schemas";
import fastify, { type FastifyInstance } from "fastify";
import { type ApiKey, requireCredential } from "./credentials.ts";
import { DEFAULT_RETRY_SCHEDULE_SECONDS } from "./deliver/next-step.ts";
import { endpointRoutes } from "./deliver/routes.ts";
import { fetchSender, type Send } from "./deliver/send.ts";
import { WebhookEndpoints } from "./deliver/webhook-endpoints.ts";
import { createEstate } from "./estate/estate.ts";
import { EVENT_CATALOGUE } from "./events/catalogue.ts";
import { DeviceReports } from "./events/device-reports.ts";
import { createCursorSeal } from "./inventory/cursor.ts";
import { Inventory } from "./inventory/inventory.ts";
import { createPager } from "./inventory/pages.ts";
import { inventoryRoutes } from "./inventory/routes.ts";
import { describeCampus } from "./manifest.ts";
import { answerError, answerNotFound } from "./problem-responses.ts";
import { sandboxRoutes } from "./sandbox/routes.ts";

/** How to set a campus up. */
export interface CampusOptions {
  /** Decides every id, name and status of the estate. */
  readonly seed: number;
  /** The API keys this cloud has issued. */
  readonly apiKeys: readonly ApiKey[];
  /** Posts one webhook. The default is a `fetch` with a timeout of 15 s that follows no redirect. */
  readonly send?: Send;
  /** Nominal waits before each retry, before jitter. The default starts at 5 s and goes on for over a day. */
  readonly retryScheduleSeconds?: readonly number[];
  /** Serves the sandbox control API and lets webhooks go to loopback. */
  readonly sandbox?: boolean;
  /** The clock. Waits are real time whatever it says. */
  readonly now?: () => Date;
}

/** A running vendor cloud. */
export interface Campus {
  /** The server itself, so that a test can add hooks before it listens. */
  readonly app: FastifyInstance;
  /** Starts serving and resolves to the base URL, without a slash at the end. */
  listen(options?: { port?: number; host?: string }): Promise<string>;
  /** Stops serving and delivering; what was not delivered is forgotten. */
  close(): Promise<void>;
}

/** Sets up the reference vendor: a campus of 1,200 devices and the cloud that looks after them. */
export function createCampus({
  seed,
  apiKeys,
  send,
  retryScheduleSeconds = DEFAULT_RETRY_SCHEDULE_SECONDS,
  sandbox = true,
  now = () => new Date(),
}: CampusOptions): Campus {
  const closing = new AbortController();
  const inventory = new Inventory(createEstate(seed, now()));
  const endpoints = new WebhookEndpoints({
    send: send ?? fetchSender(closing.signal),
    retryScheduleSeconds,
    now,
  });
  const reports = new DeviceReports({ inventory, publish: (event) => endpoints.publish(event), now });
  const page = createPager(createCursorSeal(randomBytes(32)), now);

  const app = fastify({
    // Standard output belongs to whoever runs the campus.
    logger: { level: "error", stream: process.stderr },
    frameworkErrors: answerError,
    // An id may be 256 characters long, and each may be escaped.
    routerOptions: { maxParamLength: 256 * 12 },
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  app.get(MANIFEST_PATH, async ({ protocol, host }) =>
    describeCampus(`${protocol}://${host}`, { retryScheduleSeconds, sandbox }),
  );
  /** Below a prefix that wants a credential, even "nothing here" is told to known callers only. */
  const behindCredential = (prefix: string, routes: (scope: FastifyInstance) => void): void => {
    app.register(
      async (scope) => {
        scope.addHook("onRequest", requireCredential(apiKeys));
        scope.setNotFoundHandler(answerNotFound);
        routes(scope);
      },
      { prefix },
    );
  };
  behindCredential("/v1", (v1) => {
    inventoryRoutes(v1, inventory, page);
    endpointRoutes(v1, { endpoints, inventory, sandbox, now });
    v1.get("/event-catalog", async () => ({ data: EVENT_CATALOGUE }));
  });
  if (sandbox) behindCredential("/sandbox", (scope) => sandboxRoutes(scope, inventory, reports));

  return {
    app,
    listen: ({ port = 0, host = "127.0.0.1" } = {}) => app.listen({ port, host }),
    async close() {
      endpoints.stop();
      closing.abort();
      await app.close();
    },
  };
}
