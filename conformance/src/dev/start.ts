import { sign } from "@convergint/webhooks";
import { toShown } from "../listen/live-page.ts";
import { type PageAnswer, serveLocalPage } from "../listen/local-page.ts";
import {
  type AnsweredDelivery,
  startTestEndpoint,
  type TestEndpointOptions,
} from "../listen/test-endpoint.ts";
import { useProxy } from "../suite/vendor-watch.ts";
import { BenchError, type BenchOptions, createBench } from "./bench.ts";
import { renderBenchPage } from "./bench-page.ts";
import { createForwarder, type Forwardable, type Forwarded } from "./forward.ts";

/** How many deliveries the page shows, and can replay. */
const MAX_KEPT = 200;

/** Options of a test bench. */
export interface DevOptions
  extends Omit<BenchOptions, "endpoint" | "registers" | "onRows" | "onStatus" | "secret"> {
  /** The port for webhooks; 0 picks a free one. */
  readonly port: number;
  /** The URL at which the vendor reaches that port. Default: loopback. */
  readonly publicUrl?: string | undefined;
  /** Whether a person enters the URL and the secret at the vendor. */
  readonly byHand: boolean;
  readonly secret: string;
  /** The developer's own service, which gets every delivery. */
  readonly forwardTo?: string | undefined;
  readonly onDelivery?: (delivery: AnsweredDelivery) => void;
  /** Limits the explanations of wrong signatures. Default: see `startTestEndpoint`. */
  readonly explainerClock?: TestEndpointOptions["clock"];
}

/** A running test bench. */
export interface Dev {
  /** Where to post webhooks. */
  readonly endpoint: string;
  /** The page. Its address is secret, because the page can change devices. */
  readonly url: string;
  /** Resolves after Ctrl-C, when the changes at the vendor are undone, with the calls that failed. */
  readonly ended: Promise<readonly string[]>;
}

/** A delivery that can be replayed, with what was done with it. */
interface Kept extends Forwardable {
  shown: object | null;
  readonly forwarded: (Forwarded & { readonly how: string })[];
}

/** Starts the receiver, the page and the bench. */
export async function startDev(options: DevOptions): Promise<Dev> {
  const { clock, signal, forwardTo, byHand } = options;
  const kept = new Map<number, Kept>();
  // A query may hold a key.
  const shownForward =
    forwardTo === undefined ? null : new URL(forwardTo).origin + new URL(forwardTo).pathname;
  const outgoing = useProxy(undefined);
  const forwarder =
    forwardTo === undefined ? null : createForwarder(forwardTo, { fetch: outgoing.fetch, clock, signal });

  const receiver = await startTestEndpoint({
    port: options.port,
    everyInterface: options.publicUrl !== undefined,
    ...(options.explainerClock && { clock: options.explainerClock }),
    keys: () => bench.keys(),
    programme: (attempt) => bench.answerTo(attempt),
    onReceived(delivery, number, answer) {
      kept.set(number, { headers: delivery.headers, body: delivery.body, shown: null, forwarded: [] });
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      bench.receive(delivery, number, answer);
      void forward(number, delivery, "Forwarded");
    },
    onDelivery(delivery) {
      const { number } = delivery.inspection;
      const of = kept.get(number);
      if (!of) return;
      of.shown = cleaned(toShown(delivery));
      page.send({ delivery: { ...of.shown, forwarded: of.forwarded } });
      options.onDelivery?.(delivery);
    },
  });
  const endpoint = options.publicUrl ?? `http://127.0.0.1:${receiver.port}/`;
  const bench = await createBench({
    ...options,
    endpoint,
    registers: !byHand,
    onRows: (rows) => page.send({ rows }),
    onStatus: (status) => page.send({ status: { ...status, forwardTo: shownForward } }),
  });
  const cleaned = <Message extends object>(message: Message) =>
    JSON.parse(bench.clean(JSON.stringify(message))) as Message;

  /** Sends a delivery to the developer's service, and shows what it answered. */
  async function forward(number: number, delivery: Forwardable, how: string): Promise<string> {
    if (!forwarder) return "";
    const forwarded = cleaned({ ...(await forwarder.forward(delivery)), how });
    kept.get(number)?.forwarded.push(forwarded);
    page.send({ number, forwarded });
    return `${how} delivery #${number}: ${forwarded.status ?? "no answer"}.`;
  }

  async function replay(body: unknown): Promise<string> {
    const { number, signed } = Object(body) as { readonly number?: unknown; readonly signed?: unknown };
    const of = typeof number === "number" ? kept.get(number) : undefined;
    if (typeof number !== "number" || !of) throw new BenchError("This delivery is no longer kept.");
    if (!forwarder) throw new BenchError("Start dev with --forward-to to replay deliveries to your service.");
    if (signed !== true) return forward(number, of, "Replayed");
    const id = of.headers["webhook-id"];
    if (id === undefined) throw new BenchError("Without a webhook-id, the delivery cannot be signed.");
    const headers = { ...of.headers, ...(await sign({ id, body: of.body, keys: [...bench.keys()] })) };
    return forward(number, { headers, body: of.body }, "Replayed, signed now,");
  }

  async function act(action: string, body: unknown): Promise<PageAnswer> {
    try {
      if (action === "bundle" && body === null) {
        const file = {
          "content-type": "application/json",
          "content-disposition": 'attachment; filename="bench.json"',
        };
        return { status: 200, body: await bench.writeBundle(), headers: file };
      }
      if (body === null) return { status: 404, body: "There is no such page." };
      if (action === "replay") return { status: 200, body: await replay(body) };
      if (action === "clear") {
        kept.clear();
        page.send({ cleared: true });
      }
      return { status: 200, body: await bench.act(action, body) };
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      return { status: 409, body: bench.clean(error.message) };
    }
  }

  const page = await serveLocalPage({
    render: renderBenchPage,
    state: () => [
      { status: { ...bench.status(), forwardTo: shownForward } },
      { rows: bench.rows() },
      ...[...kept.values()].flatMap(({ shown, forwarded }) =>
        shown ? [{ delivery: { ...shown, forwarded } }] : [],
      ),
    ],
    act,
  });

  const watch = async (): Promise<readonly string[]> => {
    try {
      return await bench.watch();
    } finally {
      await receiver.close();
      await page.close();
      await outgoing.close();
    }
  };
  return { endpoint, url: page.url, ended: watch() };
}
