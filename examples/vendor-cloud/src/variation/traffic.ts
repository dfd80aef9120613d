import { Readable } from "node:stream";
import type { Clock, Send } from "@convergint/delivery";
import type { SeededRandom } from "@convergint/internal/seeded-random";
import { type Event, PROBLEM_MEDIA_TYPE } from "@convergint/schemas";
import type { FastifyInstance, FastifyReply, onSendAsyncHookHandler } from "fastify";
import { ProblemError } from "../problem.ts";
import type { Variation } from "./variation.ts";

/** A source of random values. */
export interface Dice {
  /** Returns a number from 0 up to, but not including, `bound`. */
  below(bound: number): number;
}

/** Creates a source of random values. Two sources with different names are independent of each other. */
export function createDice(random: SeededRandom, name: string): Dice {
  let throws = 0;
  return {
    below(bound) {
      throws += 1;
      return random.fraction(`${name}/${throws}`) * bound;
    },
  };
}

const pause = (clock: Clock, ms: number): Promise<void> =>
  ms > 0 ? new Promise((resolve) => void clock.setTimer(resolve, ms)) : Promise.resolve();

const MINUTE_MS = 60_000;
/** A chunk is small enough that a page arrives in several pieces. */
const CHUNK_CHARACTERS = 700;

function* inPieces(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    // Do not split a surrogate pair between two pieces, because each piece is encoded separately.
    const pair = /[\uD800-\uDBFF]/.test(text.charAt(from + CHUNK_CHARACTERS - 1)) ? 1 : 0;
    yield text.slice(from, from + CHUNK_CHARACTERS + pair);
    from += CHUNK_CHARACTERS + pair;
  }
}

/** Makes every response start with `HTTP/1.0`. Node.js has no option for this. */
function answerInHttp10(app: FastifyInstance): void {
  app.server.on("connection", (socket) => {
    const write = socket.write.bind(socket) as (data: unknown, ...rest: unknown[]) => boolean;
    socket.write = (data: unknown, ...rest: unknown[]) =>
      write(typeof data === "string" ? data.replace(/^HTTP\/1\.1 /, "HTTP/1.0 ") : data, ...rest);
  });
  app.addHook("onRequest", async (_request, { raw }) => {
    raw.shouldKeepAlive = false;
    raw.useChunkedEncodingByDefault = false;
  });
}

/**
 * Writes a media type in another notation with the same meaning. @see
 * https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1
 */
const withParameters = (mediaType: string): string =>
  `${mediaType.replace(/;.*/, "").replace(/^a/, "A")}; Charset="UTF-8"`;

function varyHeaders(reply: FastifyReply, headers: Variation["headers"]): void {
  const mediaType = reply.getHeader("content-type");
  if (headers === "parameters" && mediaType !== undefined)
    reply.header("content-type", withParameters(String(mediaType)));
  if (headers !== "dateless") return;
  reply.removeHeader("date");
  reply.raw.sendDate = false;
}

const refuse = (reply: FastifyReply, problem: ProblemError, retryAfterSeconds: number): FastifyReply =>
  reply
    .header("retry-after", String(retryAfterSeconds))
    .code(problem.toProblem().status)
    .type(PROBLEM_MEDIA_TYPE)
    .send(problem.toProblem());

/** Varies how requests are answered. */
export function varyAnswers(
  app: FastifyInstance,
  variation: Variation,
  { random, clock }: { readonly random: SeededRandom; readonly clock: Clock },
): void {
  const { http, chunked, headers, maxAnswerMs, hiccupEvery, commandsPerMinute, paths } = variation;
  const dice = createDice(random, "answers");
  if (http === "1.0") answerInHttp10(app);
  if (http === "closing") {
    app.addHook("onRequest", async (_request, reply) => void reply.header("connection", "close"));
  }
  let reads = 0;
  const commandedAt: number[] = [];
  app.addHook("onRequest", async (request, reply) => {
    await pause(clock, dice.below(maxAnswerMs));
    if (request.method === "GET") {
      reads += 1;
      if (hiccupEvery > 0 && reads % hiccupEvery === 0) {
        if (dice.below(2) < 1) {
          request.raw.socket.destroy();
          return reply.hijack();
        }
        return refuse(reply, new ProblemError("unavailable", "A replica is being replaced. Try again."), 1);
      }
    } else if (commandsPerMinute > 0 && request.url.startsWith(`${paths.control}/sandbox/`)) {
      const now = clock.now();
      while ((commandedAt[0] ?? now) <= now - MINUTE_MS) commandedAt.shift();
      if (commandedAt.length >= commandsPerMinute) {
        const wait = Math.ceil(((commandedAt[0] ?? now) + MINUTE_MS - now) / 1000);
        const detail = `Send at most ${commandsPerMinute} commands a minute.`;
        return refuse(reply, new ProblemError("rate_limited", detail), Math.max(1, wait));
      }
      commandedAt.push(now);
    }
  });
  const answerLate: onSendAsyncHookHandler = async (_request, reply, payload) => {
    await pause(clock, dice.below(maxAnswerMs));
    varyHeaders(reply, headers);
    if (!chunked || typeof payload !== "string" || payload === "") return payload;
    reply.removeHeader("content-length");
    return Readable.from(inPieces(payload));
  };
  // A hook of the route runs after the hooks of the server. Test hooks on the server therefore get the whole
  // body.
  app.addHook("onRoute", (route) => {
    route.onSend = [route.onSend ?? [], answerLate].flat();
  });
}

/** Varies the delay between a visible change and its event. Events of one device may overtake each other. */
export function varyPublishing(
  publish: (event: Event) => Promise<void>,
  { maxPublishMs }: Pick<Variation, "maxPublishMs">,
  { random, clock }: { readonly random: SeededRandom; readonly clock: Clock },
): (event: Event) => Promise<void> {
  if (maxPublishMs === 0) return publish;
  const dice = createDice(random, "publishing");
  return async (event) => {
    // The outbox may be closed when the delay ends.
    void pause(clock, dice.below(maxPublishMs))
      .then(() => publish(event))
      .catch(() => {});
  };
}

/** Sends a delivery again soon afterwards, with the same timestamp, like a proxy that retries. */
const SENT_AGAIN_MS = 900;

/** A variation of deliveries. */
export interface VariedSend {
  readonly send: Send;
  /** Begins no more deliveries to a URL, because its endpoint is deleted. */
  readonly forget: (url: string) => void;
}

/** Varies how deliveries are sent: late, twice, and again after they succeeded. */
export function varySending(
  send: Send,
  { maxConnectMs, sentTwice, sentAgain, batching, headers }: Variation,
  { random, clock }: { readonly random: SeededRandom; readonly clock: Clock },
): VariedSend {
  const dice = createDice(random, "sending");
  const forgotten = new Set<string>();
  /** URLs that were answered with 410; nothing more is sent there. */
  const stopped = new Set<string>();
  const isSuccess = (outcome: Awaited<ReturnType<Send>>) =>
    outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;
  return {
    forget: (url) => forgotten.add(url),
    send: async (signed, post) => {
      await pause(clock, dice.below(maxConnectMs));
      const mediaType = signed.headers["content-type"];
      const request =
        headers === "parameters" && mediaType !== undefined
          ? { ...signed, headers: { ...signed.headers, "content-type": withParameters(mediaType) } }
          : signed;
      const attempt = async () => {
        if (stopped.has(request.url)) return { kind: "answered", status: 410 } as const;
        const outcome = await send(request, post);
        if (outcome.kind === "answered" && outcome.status === 410) stopped.add(request.url);
        return outcome;
      };
      // The contract does not say whether the vendor resends a batch if it sends two copies at the same time
      // (DLV-014).
      const isTwice = !batching && dice.below(1) < sentTwice;
      const [first, ...others] = await Promise.all([attempt(), ...(isTwice ? [attempt()] : [])]);
      const outcome = others.find(isSuccess) ?? first;
      // A batch that was accepted must not be sent again (DLV-014).
      if (isSuccess(outcome) && !batching && dice.below(1) < sentAgain) {
        void pause(clock, dice.below(SENT_AGAIN_MS))
          .then(async () => {
            if (!forgotten.has(request.url) && !stopped.has(request.url)) await send(request, post);
          })
          .catch(() => {});
      }
      return outcome;
    },
  };
}
