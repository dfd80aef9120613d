import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MANIFEST_PATH } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import type { PolledListing } from "../evidence/polling-evidence.ts";
import { type Clock, dateOf, sleep, systemClock } from "../harness/clock.ts";
import { headersOf } from "../harness/posted-request.ts";
import { answerBeside, type InventoryPlace } from "./inventory-calls.ts";
import {
  devicePage,
  type InventoryAnswer,
  type InventoryView,
  PAGE_SIZE,
  problem,
} from "./inventory-view.ts";

export interface InventoryServerOptions {
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  /** How the consumer reaches it, where that is not loopback. */
  readonly publicUrl?: string;
  /** The key that the consumer authenticates with. */
  readonly apiKey: string;
  readonly place: InventoryPlace;
  /** What is shown while nothing is tried. */
  readonly resting: InventoryView;
  readonly clock?: Clock;
}

/** A vendor's inventory for a consumer to poll. */
export interface InventoryServer {
  readonly baseUrl: string;
  /**
   * Shows a view to the next listing that the consumer begins, and waits until it begins the one after that: by then it
   * has made of the first whatever it makes of it. That next one gets no answer before the next view, so nothing
   * changes while the consumer is asked what it has made.
   */
  show(
    view: InventoryView,
    options: { readonly seconds: number; readonly signal: AbortSignal },
  ): Promise<PolledListing>;
  /** The last request for a page of devices, whatever was shown; `null` where there was none yet. */
  lastRequest(): Exchange | null;
  close(): Promise<void>;
}

/** Of a listing that goes on and on, the first pages tell all. */
const MOST_KEPT = 20;
/** A listing that goes in a circle is followed this often, and then cut off. */
export const MOST_PAGES = 500;

/** One view, as long as it is shown. */
interface Showing {
  readonly view: InventoryView;
  /** Whether the first listing is the only one to see it. */
  readonly once: boolean;
  hasBegun: boolean;
  requests: number;
  readonly exchanges: Exchange[];
  /** When the listing after it was begun. */
  readonly followed: PromiseWithResolvers<Date>;
  readonly over: PromiseWithResolvers<void>;
}

const showing = (view: InventoryView, once: boolean): Showing => ({
  view,
  once,
  hasBegun: false,
  requests: 0,
  exchanges: [],
  followed: Promise.withResolvers(),
  over: Promise.withResolvers(),
});

/** Starts the inventory. On loopback, or on every interface where a public URL leads to it. */
export async function startInventory(options: InventoryServerOptions): Promise<InventoryServer> {
  const { port, publicUrl, apiKey, place, resting, clock = systemClock } = options;
  const listings = new Map<string, Showing>();
  let current = showing(resting, false);
  let calls = 0;
  let last: Exchange | null = null;

  function change(next: Showing): void {
    const before = current;
    current = next;
    before.over.resolve();
  }

  /** The view that a new listing is shown; waits while the one before is being looked into. */
  async function begin(arrivedAt: Date): Promise<string> {
    while (current.once && current.hasBegun) {
      const before = current;
      before.followed.resolve(arrivedAt);
      await before.over.promise;
    }
    current.hasBegun = true;
    const name = `listing-${listings.size + 1}`;
    listings.set(name, current);
    return name;
  }

  /** Answers a request for a page of devices. */
  async function list(url: URL, arrivedAt: Date) {
    const cursor = url.searchParams.get("cursor");
    const name = cursor === null ? await begin(arrivedAt) : cursor.slice(0, cursor.lastIndexOf("."));
    const shown = listings.get(name);
    if (!shown) return { shown: null, answer: problem(400, "invalid_cursor") };
    shown.requests += 1;
    const asked = Number(url.searchParams.get("limit") ?? PAGE_SIZE);
    if (!Number.isInteger(asked) || asked < 1) return { shown, answer: problem(400, "invalid_limit") };
    if (shown.requests > MOST_PAGES) return { shown, answer: problem(500, "internal_error") };
    const from = cursor === null ? 0 : Number(cursor.slice(cursor.lastIndexOf(".") + 1));
    return { shown, answer: devicePage(shown.view, name, { from, limit: Math.min(asked, PAGE_SIZE) }) };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = dateOf(clock);
    const url = new URL(request.url ?? "/", "http://inventory");
    const send = ({ status, headers, body }: InventoryAnswer) =>
      response.writeHead(status, headers).end(body);
    const isAllowed = request.headers.authorization === `Bearer ${apiKey}` || url.pathname === MANIFEST_PATH;
    if (!isAllowed) return void send(problem(401, "unauthorized", { "www-authenticate": "Bearer" }));
    if (request.method !== "GET") return void send(problem(405, "method_not_allowed"));
    if (url.pathname !== "/v1/devices") {
      return void send(answerBeside(url.pathname, baseUrl, place, current.view));
    }
    const { shown, answer: page } = await list(url, arrivedAt);
    calls += 1;
    last = {
      id: `q${calls}`,
      purpose: "the consumer asks for a page of devices",
      request: {
        method: "GET",
        url: `${baseUrl}${request.url}`,
        headers: { ...headersOf(request), authorization: "Bearer …" },
        body: null,
      },
      response: page,
      failure: null,
      startedAt: arrivedAt.toISOString(),
      durationMs: clock.now() - arrivedAt.getTime(),
    };
    if (shown && shown.exchanges.length < MOST_KEPT) shown.exchanges.push(last);
    send(page);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, publicUrl === undefined ? "127.0.0.1" : undefined, resolve);
  });
  const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const baseUrl = (publicUrl ?? local).replace(/\/$/, "");

  return {
    baseUrl,
    async show(view, { seconds, signal }) {
      const shown = showing(view, true);
      change(shown);
      const waiting = new AbortController();
      const followedAt = await Promise.race([
        shown.followed.promise,
        sleep(clock, seconds * 1000, AbortSignal.any([signal, waiting.signal])).then(() => null),
      ]).finally(() => waiting.abort());
      return {
        exchanges: [...shown.exchanges],
        requests: shown.requests,
        waitedSeconds: seconds,
        followedAt: followedAt?.toISOString() ?? null,
      };
    },
    lastRequest: () => last,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
