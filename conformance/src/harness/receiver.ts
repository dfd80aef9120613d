import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { refuseUnparsed } from "@convergint/internal/http-refusals";
import type { Delivery } from "../evidence/exchange.ts";
import { isLoopback } from "../evidence/json-pointer.ts";
import { untracked, type Waiting } from "./activity.ts";
import { describeFailure } from "./caller.ts";
import { type Clock, dateOf, startTimeout, systemClock } from "./clock.ts";
import { createDestinations } from "./destinations.ts";
import { headersOf, readBody } from "./posted-request.ts";
import { type AnswerProgramme, type ProgrammedAnswer, sendAnswer, takeAll } from "./programmed-answer.ts";
import { createWatchers, type WatchOptions } from "./watchers.ts";

/** The maximum size of a delivery. Larger deliveries are refused with 413. No event comes near this size. */
const MAX_BYTES = 1024 * 1024;

export interface ReceiverOptions {
  /** Port to listen on; 0 picks a free one. */
  readonly port?: number;
  /**
   * The URL at which the vendor reaches the receiver, such as `https://tunnel.example`. Default: loopback.
   */
  readonly publicUrl?: string;
  /** URLs that a person registered at the vendor, which lead to this receiver. */
  readonly endpointUrls?: readonly string[];
  /** Calls the public URL from this machine. Default: the `fetch` of the runtime. */
  readonly fetch?: typeof fetch | undefined;
  /** Shows what the run waits for. */
  readonly waiting?: Waiting;
  readonly clock?: Clock;
}

/** Receives the vendor's webhooks during a run. */
export interface Receiver {
  /** The local port. */
  readonly port: number;
  /**
   * Creates a destination. Its path cannot be guessed, so only the vendor can deliver to it.
   *
   * @param programme the response to each attempt at a delivery. Default: accepts every attempt
   * @param redirectTo the target of redirects: another destination, at which nothing should arrive
   */
  destination(programme?: AnswerProgramme, redirectTo?: string): string;
  /** The destination of each of the `endpointUrls`, at which everything that is posted to the URL arrives. */
  readonly served: readonly string[];
  /**
   * Lends one of the `served` destinations to a scenario: returns a destination that starts empty, as a new endpoint does. A
   * retry of an older delivery does not arrive there.
   */
  lend(served: string, programme?: AnswerProgramme, redirectTo?: string): string;
  /** Ends a loan. From now on, every delivery is accepted. */
  endLoan(loan: string): void;
  /**
   * Answers every delivery to any destination with this answer instead of the destination's programme. `null`
   * restores the programmes.
   */
  override(answer: ProgrammedAnswer | null): void;
  /** Tells whether a URL is a destination of this receiver that accepts every attempt. */
  acceptsAll(destination: string): boolean;
  /** Deliveries to a destination, in the order of arrival. */
  deliveriesTo(destination: string): readonly Delivery[];
  /** Removes and returns the deliveries to a destination, so that a run of a day needs no memory for them. */
  take(destination: string): readonly Delivery[];
  /**
   * Waits until `accept` returns true for the deliveries to a destination.
   *
   * @returns whether that happened in time
   */
  waitUntil(
    destination: string,
    accept: (deliveries: readonly Delivery[]) => boolean,
    options: WatchOptions,
  ): Promise<boolean>;
  /** Explains why a vendor probably cannot reach the receiver; `null` if nothing prevents it. */
  findObstacle(vendor: URL): Promise<string | null>;
  close(): Promise<void>;
}

/** Time limit for the receiver's request to itself. */
const SELF_TEST_MS = 10_000;

/** Starts the receiver on loopback, or on every interface if it has a public URL. */
export async function startReceiver({
  port = 0,
  publicUrl,
  endpointUrls = [],
  fetch: fetchPublicUrl = fetch,
  waiting = untracked,
  clock = systemClock,
}: ReceiverOptions): Promise<Receiver> {
  const destinations = createDestinations();
  const watchers = createWatchers(clock);
  const closing = new AbortController();
  /** Destinations that received a GET request. Only the suite itself sends GET requests. */
  const visited = new Set<unknown>();

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const destination = destinations.find(new URL(request.url ?? "/", "http://receiver"));
    if (destination && request.method === "GET") visited.add(destination);
    if (!destination || request.method !== "POST") {
      response.writeHead(destination ? 405 : 404, { connection: "close" }).end();
      return;
    }
    const body = await readBody(request, MAX_BYTES);
    if (!body) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    const receivedAt = dateOf(clock);
    const { answer, redirectTo, ended, hangUp } = destinations.record(
      destination,
      headersOf(request),
      body,
      receivedAt,
    );
    response.once("close", () => {
      // For a reset, the receiver itself closes the connection.
      const isOurs = answer.kind === "reset" || closing.signal.aborted || ended.aborted;
      if (response.writableEnded || isOurs) return;
      hangUp((clock.now() - receivedAt.getTime()) / 1000);
    });
    watchers.notify();
    const signal = AbortSignal.any([closing.signal, ended]);
    await sendAnswer(response, answer, { location: redirectTo, signal, clock });
  }

  const served = endpointUrls.map((url) => destinations.serve(new URL(url)));
  const isLocal = publicUrl === undefined && endpointUrls.every((url) => isLoopback(new URL(url)));
  const server = createServer((request, response) => {
    // A sender that closes the connection during its request has delivered nothing and has to retry.
    receive(request, response).catch(() => response.destroy());
  });
  server.on("clientError", refuseUnparsed);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, isLocal ? "127.0.0.1" : undefined, resolve);
  });
  const { port: localPort } = server.address() as AddressInfo;
  const [endpointUrl] = endpointUrls;
  const parent = endpointUrl === undefined ? undefined : new URL(".", endpointUrl).href;
  const base = (publicUrl ?? parent ?? `http://127.0.0.1:${localPort}`).replace(/\/$/, "");
  const deliveriesTo = (destination: string): readonly Delivery[] =>
    destinations.find(new URL(destination))?.deliveries ?? [];

  /** Calls one of the receiver's own URLs. @returns the outcome, for a message */
  async function visit(url: string): Promise<string> {
    const timeout = startTimeout(clock, SELF_TEST_MS);
    const outcome = await fetchPublicUrl(url, { redirect: "manual", signal: timeout.signal }).then(
      ({ status }) => String(status),
      (error: unknown) => describeFailure(error, SELF_TEST_MS / 1000),
    );
    timeout.cancel();
    return outcome;
  }

  return {
    port: localPort,
    destination: (programme = takeAll, redirectTo = "/") =>
      `${base}/${destinations.add(programme, redirectTo)}`,
    served,
    lend: (from, programme = takeAll, redirectTo = "/") =>
      destinations.lend(new URL(from), programme, redirectTo),
    endLoan: (loan) => destinations.endLoan(new URL(loan)),
    override: destinations.override,
    acceptsAll: (destination) => destinations.find(new URL(destination))?.programme === takeAll,
    deliveriesTo,
    take(destination) {
      const from = destinations.find(new URL(destination));
      return from ? destinations.take(from, clock.now()) : [];
    },
    async waitUntil(destination, accept, options) {
      const deliveries = deliveriesTo(destination);
      if (accept(deliveries)) return true;
      const accepted = watchers.until(() => accept(deliveries), options);
      return waiting(`webhooks, at most ${Math.ceil(options.seconds)} s`, accepted);
    },
    async findObstacle(vendor) {
      if (publicUrl === undefined && parent === undefined) {
        return isLoopback(vendor)
          ? null
          : `The receiver at ${base} can be reached only from this machine, and the vendor is at ${vendor.host}. Make port ${localPort} reachable for the vendor, and give its URL with --public-url.`;
      }
      const tests = [
        ...(publicUrl === undefined
          ? []
          : [{ option: `--public-url ${base}`, url: `${base}/${destinations.add(takeAll, "/")}` }]),
        ...served.map((url) => ({ option: `the registered URL ${url}`, url })),
      ];
      const faults = await Promise.all(
        tests.map(async ({ option, url }) => {
          const outcome = await visit(url);
          return visited.has(destinations.find(new URL(url)))
            ? []
            : `From this machine, ${option} does not lead to the receiver (${outcome}). Check that it leads to port ${localPort} of this machine.`;
        }),
      );
      return faults.flat()[0] ?? null;
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
