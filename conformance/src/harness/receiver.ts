import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Delivery } from "../evidence/exchange.ts";
import { unseen, type Waiting } from "./activity.ts";
import { type Clock, dateOf, systemClock } from "./clock.ts";
import { patientTimer } from "./patient-timer.ts";
import { headersOf, readBody } from "./posted-request.ts";
import { type AnswerProgramme, sendAnswer, statusOf, takeAll } from "./programmed-answer.ts";

/** A delivery larger than this is cut off; no event comes near it. */
const MOST_BYTES = 1024 * 1024;

export interface ReceiverOptions {
  /** Port to listen on; 0 takes a free one. */
  readonly port?: number;
  /** How the vendor reaches the receiver, where that is not loopback: `https://tunnel.example`. */
  readonly publicUrl?: string;
  /** Lets what is waited for be seen. */
  readonly waiting?: Waiting;
  readonly clock?: Clock;
}

/** Where the vendor posts to during a run. */
export interface Receiver {
  /** Where it listens on this machine. */
  readonly port: number;
  /**
   * A fresh destination; its path cannot be guessed, so that nobody else's delivery counts.
   *
   * @param programme how the attempts at each delivery are answered. Default: taken
   * @param redirectTo where a redirect leads: another destination, where nothing should come
   */
  destination(programme?: AnswerProgramme, redirectTo?: string): string;
  /** What came to one destination, in the order it came. */
  deliveriesTo(destination: string): readonly Delivery[];
  /**
   * Waits until `accept` is true of the deliveries to a destination.
   *
   * @returns whether that happened before the deadline
   */
  waitUntil(
    destination: string,
    accept: (deliveries: readonly Delivery[]) => boolean,
    options: { readonly seconds: number; readonly signal: AbortSignal },
  ): Promise<boolean>;
  close(): Promise<void>;
}

/** What a destination is known by: the last segment of its path, whether or not a proxy strips what is before it. */
const nameOf = ({ pathname }: URL): string => pathname.slice(pathname.lastIndexOf("/") + 1);

/** What is known of one destination. */
interface Known {
  readonly programme: AnswerProgramme;
  readonly redirectTo: string;
  readonly deliveries: Delivery[];
  /** How often each `webhook-id` came, and each body: who changes one of the two at a retry is known by the other. */
  readonly attempts: Map<string, number>;
}

/** Starts the receiver. On loopback, or on every interface where a public URL leads to it. */
export async function startReceiver({
  port = 0,
  publicUrl,
  waiting = unseen,
  clock = systemClock,
}: ReceiverOptions): Promise<Receiver> {
  const byName = new Map<string, Known>();
  const closing = new AbortController();
  const watchers = new Set<() => void>();
  let received = 0;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const known = byName.get(nameOf(new URL(request.url ?? "/", "http://receiver")));
    if (!known || request.method !== "POST") {
      response.writeHead(known ? 405 : 404, { connection: "close" }).end();
      return;
    }
    const body = await readBody(request, MOST_BYTES);
    if (!body) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    received += 1;
    const headers = headersOf(request);
    const names = [`id ${headers["webhook-id"]}`, createHash("sha256").update(body).digest("hex")];
    const attempt = Math.max(...names.map((name) => known.attempts.get(name) ?? 0)) + 1;
    for (const name of names) known.attempts.set(name, attempt);
    const answer = known.programme(attempt);
    const receivedAt = dateOf(clock);
    const position = known.deliveries.length;
    const delivery: Delivery = {
      id: `d${received}`,
      receivedAt: receivedAt.toISOString(),
      headers,
      bodyBase64: body.toString("base64"),
      answeredStatus: statusOf(answer),
    };
    known.deliveries.push(delivery);
    response.once("close", () => {
      // A connection that the programme cuts is closed by this side.
      if (response.writableEnded || answer.kind === "reset" || closing.signal.aborted) return;
      const hungUpAfterSeconds = (clock.now() - receivedAt.getTime()) / 1000;
      known.deliveries[position] = { ...delivery, answeredStatus: null, hungUpAfterSeconds };
    });
    for (const watcher of watchers) watcher();
    await sendAnswer(response, answer, { location: known.redirectTo, signal: closing.signal, clock });
  }

  const server = createServer((request, response) => {
    // A sender that hangs up halfway has delivered nothing; its own retry will.
    receive(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, publicUrl === undefined ? "127.0.0.1" : undefined, resolve);
  });
  const { port: listeningAt } = server.address() as AddressInfo;
  const base = publicUrl ?? `http://127.0.0.1:${listeningAt}`;
  const deliveriesTo = (destination: string): readonly Delivery[] =>
    byName.get(nameOf(new URL(destination)))?.deliveries ?? [];

  return {
    port: listeningAt,
    destination(programme = takeAll, redirectTo = "/") {
      const name = randomBytes(16).toString("hex");
      byName.set(name, { programme, redirectTo, deliveries: [], attempts: new Map() });
      return `${base.replace(/\/$/, "")}/${name}`;
    },
    deliveriesTo,
    async waitUntil(destination, accept, { seconds, signal }) {
      const deliveries = deliveriesTo(destination);
      if (accept(deliveries)) return true;
      const accepted = new Promise<boolean>((resolve, reject) => {
        const finish = (settle: () => void) => {
          timer.stop();
          watchers.delete(look);
          signal.removeEventListener("abort", stop);
          settle();
        };
        const look = () => accept(deliveries) && finish(() => resolve(true));
        const stop = () => finish(() => reject(signal.reason));
        const timer = patientTimer(clock, seconds, () => finish(() => resolve(false)));
        watchers.add(look);
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
      });
      return waiting(`webhooks, ${Math.ceil(seconds)} s at most`, accepted);
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
