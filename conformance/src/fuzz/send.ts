import { Agent, type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { readRetryAfter } from "@convergint/internal/retry-after";
import { parseJson } from "../evidence/read.ts";
import { type CallGuard, describeFailure } from "../harness/caller.ts";
import { type Clock, sleep, startTimeout } from "../harness/clock.ts";
import { type Answer, type Bases, buildRequest, type Call, type Request } from "./call.ts";

/** An answer, or the reason why there was no answer. */
type Outcome =
  | { readonly answer: Answer; readonly failure: null }
  | { readonly answer: null; readonly failure: string };

/** A request as it is sent. Several values of a header are sent as several headers. */
interface SentRequest extends Pick<Request, "method" | "url" | "rawPath"> {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array | null;
}

/** Sends requests over connections that are kept alive. */
export interface Sender {
  /** @throws the signal's reason on abort */
  send(request: SentRequest): Promise<Outcome>;
  close(): void;
}

/** Time limit for a response. */
const TIMEOUT_SECONDS = 30;
/** The maximum size of a response, both compressed and decompressed. */
const MAX_BYTES = 32 * 1024 * 1024;

const DECODERS: Readonly<Record<string, (bytes: Buffer, limit: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

const tooLarge = () => new Error(`the response is larger than ${MAX_BYTES} bytes, decompressed`);

/** Decompresses a response, and stops at the limit. @throws {Error} for damaged data, and at the limit */
function decode(bytes: Buffer, coding = ""): Buffer {
  const decoder = DECODERS[coding];
  if (!decoder || bytes.length === 0) return bytes;
  try {
    return decoder(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : error;
  }
}

/** Creates agents that keep connections alive. Their connections are made by the guard. */
function createAgents(guard: Pick<CallGuard, "connect"> | undefined) {
  const agents = { http: new Agent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) };
  if (!guard) return agents;
  for (const [name, agent] of Object.entries(agents)) {
    agent.createConnection = (
      { host, port, servername }: ConnectionOptions,
      callback?: (error: Error | null, stream: Duplex) => void,
    ) => {
      const target = { protocol: `${name}:`, hostname: host ?? "", port: String(port ?? "") };
      guard.connect({ ...target, ...(servername && { servername }) }, (error, socket) =>
        callback?.(error, socket as Duplex),
      );
      return undefined;
    };
  }
  return agents;
}

/**
 * Creates a sender. It uses the HTTP client of Node, because `fetch` rewrites paths such as `%2e%2e` and adds
 * headers. It does not follow redirects, so it sends no credential to another server.
 *
 * @param guard guards requests to URLs that a vendor names. Default: none, for URLs that the user names
 */
export function createSender(signal: AbortSignal, clock: Clock, guard?: Omit<CallGuard, "fetch">): Sender {
  const agents = createAgents(guard);

  function open({ url, rawPath: path, method, headers }: SentRequest): ClientRequest {
    const length = method === "GET" || method === "HEAD" ? {} : { "content-length": "0" };
    const options = { method, path, headers: { ...length, ...headers } };
    return url.protocol === "https:"
      ? requestHttps(url, { ...options, agent: agents.https })
      : requestHttp(url, { ...options, agent: agents.http });
  }

  function exchange(request: SentRequest, limit: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const body = request.body === null ? null : Buffer.from(request.body);
      const length = body === null ? {} : { "content-length": String(body.length) };
      const sent = open({ ...request, headers: { ...request.headers, ...length } });
      const stop = () => sent.destroy(limit.reason);
      limit.addEventListener("abort", stop, { once: true });
      const end = () => limit.removeEventListener("abort", stop);
      sent.once("error", (error) => {
        end();
        reject(error);
      });
      sent.once("response", (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > MAX_BYTES) sent.destroy(tooLarge());
        });
        response.once("error", reject);
        response.once("end", () => {
          end();
          // A refusal can arrive before the whole body was sent. The server then does not read the rest of
          // the body.
          if (!sent.writableFinished || response.headers.connection === "close") sent.destroy();
          const headers = Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          );
          try {
            const decoded = decode(Buffer.concat(chunks), headers["content-encoding"]);
            const text = decoded.toString("utf8");
            resolve({ status: response.statusCode ?? 0, headers, body: text, json: parseJson(text) });
          } catch (error) {
            reject(error);
          }
        });
      });
      sent.end(body ?? undefined);
    });
  }

  return {
    async send(request) {
      signal.throwIfAborted();
      const refusal = guard?.refuse(request.url);
      if (refusal) return { answer: null, failure: describeFailure(refusal, TIMEOUT_SECONDS) };
      const timeout = startTimeout(clock, TIMEOUT_SECONDS * 1000);
      try {
        return { answer: await exchange(request, AbortSignal.any([signal, timeout.signal])), failure: null };
      } catch (error) {
        signal.throwIfAborted();
        return { answer: null, failure: describeFailure(error, TIMEOUT_SECONDS) };
      } finally {
        timeout.cancel();
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** The longest wait that the fuzzer accepts when the vendor refuses calls for a while. */
const MAX_WAITS = 20;
const MAX_WAIT_SECONDS = 300;
/** The time between two calls while the vendor refuses calls without naming a delay. */
const PAUSE_MS = 1000;

/** Makes single calls, waits while the vendor limits them, and counts them. */
export interface Line {
  readonly bases: Bases;
  /** Builds and sends a call; `null` if an earlier answer lacks what the call needs. */
  send(
    call: Call,
    answers: ReadonlyMap<number, Answer>,
  ): Promise<{ readonly request: Request; readonly outcome: Outcome } | null>;
  calls(): number;
}

/** Creates a line. @param bearerOf returns the credential of a caller; it is asked for each call */
export function createLine(
  sender: Sender,
  bases: Bases,
  bearerOf: (as: Call["as"]) => Promise<string>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Line {
  let calls = 0;
  async function sendPatiently(request: Request): Promise<Outcome> {
    for (let wait = 0; ; wait += 1) {
      calls += 1;
      const outcome = await sender.send(request);
      const { answer } = outcome;
      if (wait === MAX_WAITS || answer === null) return outcome;
      if (answer.status !== 429 && answer.status !== 503) return outcome;
      const seconds = readRetryAfter(answer.headers["retry-after"], clock.now()) ?? null;
      if (seconds !== null && seconds > MAX_WAIT_SECONDS) return outcome;
      if (seconds === null && (answer.status === 429 || wait === 2)) return outcome;
      await sleep(clock, seconds === null ? PAUSE_MS : seconds * 1000, signal);
    }
  }
  return {
    bases,
    calls: () => calls,
    async send(call, answers) {
      const request = buildRequest(call, answers, bases, await bearerOf(call.as));
      if (!request) return null;
      const outcome = await sendPatiently(request);
      if (outcome.answer !== null) return { request, outcome };
      // The server may close an idle connection, so the failure proves nothing about this call.
      return { request, outcome: await sendPatiently(request) };
    },
  };
}
