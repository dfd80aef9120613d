import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as timeout } from "node:timers/promises";
import type { DiagnoseOptions, Diagnosis } from "@convergint/diagnose";
import { refuseUnparsed } from "@convergint/internal/http-refusals";
import { createLimitedWorker } from "@convergint/internal/limited-worker";
import { headersOf, readBody } from "../harness/posted-request.ts";
import { isSuccess, type ProgrammedAnswer, sendAnswer, takeAll } from "../harness/programmed-answer.ts";
import { createAttemptLog } from "./attempts.ts";
import { inspect, isVerified } from "./inspect.ts";
import { type Inspection, type ReceivedDelivery, type Step, step } from "./inspection.ts";

/** Bodies above this limit are rejected before they are read to the end. */
const MAX_BYTES = 1024 * 1024;
/** The target of redirects; a request to this path shows that the sender followed a redirect. */
const FOLLOWED = "/followed";

const FOLLOWED_STEP = step(
  "retry",
  "wrong",
  "The sender followed a redirect. Treat a redirect as a failure and retry the registered URL.",
  "DLV-004",
);

// The worker's file is in the same folder as this file, both in the source and in the published package.
const isSource = import.meta.url.endsWith(".ts");
const EXPLAINER = new URL(isSource ? "./explain-main.ts" : "./explain-main.js", import.meta.url);

/** The system's clock. Only an abort rejects the promise of a timer. */
const CLOCK = {
  now: Date.now,
  sleep: (milliseconds: number, signal?: AbortSignal) =>
    timeout(milliseconds, undefined, signal && { signal }).catch(() => {}),
};

const NOT_EXPLAINED = {
  skipped: "Not explained, because too many deliveries arrived that do not verify. Send one at a time.",
  gave_up:
    "The explanation was stopped because it took too long. Send a smaller delivery, such as a single event.",
} as const;

/** An inspected delivery and the answer to it. */
export interface AnsweredDelivery {
  readonly inspection: Inspection;
  readonly answer: ProgrammedAnswer;
}

export interface TestEndpointOptions {
  /** The port to listen on; 0 picks a free port. */
  readonly port: number;
  /** Whether to listen on all network interfaces, not only loopback. */
  readonly everyInterface: boolean;
  /** Returns the keys to verify with: `whsec_` secrets and `whpk_` public keys. They change when a secret is rotated. */
  readonly keys: () => readonly string[];
  /** Returns the answer to an attempt by its number, from 1; `null` to answer as a consumer would. */
  readonly programme: (attempt: number) => ProgrammedAnswer | null;
  /** Limits the explanations per second. Default: the system's clock. */
  readonly clock?: typeof CLOCK;
  /** Called for each inspected delivery, after its signature is explained. */
  readonly onDelivery: (delivery: AnsweredDelivery) => void;
  /** Called for each delivery when it arrives, with its bytes. @param number the number of its inspection */
  readonly onReceived?: (delivery: ReceivedDelivery, number: number, answer: ProgrammedAnswer) => void;
}

/** An endpoint that inspects the webhooks posted to it. */
export interface TestEndpoint {
  readonly port: number;
  /** Closes all connections. The endpoint does not send pending answers. */
  close(): Promise<void>;
}

/** Starts the endpoint; every path accepts deliveries. */
export async function startTestEndpoint({
  port,
  everyInterface,
  keys,
  programme,
  clock = CLOCK,
  onDelivery,
  onReceived = () => {},
}: TestEndpointOptions): Promise<TestEndpoint> {
  const attempts = createAttemptLog();
  const closing = new AbortController();
  let count = 0;

  const explainer = createLimitedWorker<DiagnoseOptions, Diagnosis>(EXPLAINER, clock);
  /** Resolves when all deliveries so far are shown. */
  let shown: Promise<unknown> = Promise.resolve();

  async function explain({ headers, body, receivedAt }: ReceivedDelivery): Promise<Diagnosis> {
    const asked = await explainer.ask({ headers, body, keys: keys(), now: receivedAt });
    if (asked.kind === "answered") return asked.answer;
    return {
      verdict: "unknown",
      explanation: NOT_EXPLAINED[asked.kind],
      compare: [],
      gaveUp: true,
      checked: 0,
    };
  }

  /** Shows a delivery when it is explained, in the order of arrival. The sender does not wait for that. */
  function show(delivery: ReceivedDelivery, { inspection, answer }: AnsweredDelivery): void {
    const explained = isVerified(inspection) ? null : explain(delivery);
    shown = shown.then(async () =>
      onDelivery({ inspection: { ...inspection, diagnosis: await explained }, answer }),
    );
  }

  async function look(delivery: ReceivedDelivery, isFollowed: boolean): Promise<Inspection> {
    count += 1;
    const inspection = await inspect(delivery, count, keys(), attempts);
    if (!isFollowed) return inspection;
    return { ...inspection, good: false, steps: [...inspection.steps, FOLLOWED_STEP] };
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      response.setHeader("allow", "POST");
      const refusal = refuse(
        405,
        "Send webhooks to this URL by POST. The terminal shows the result of each.",
      );
      await sendAnswer(response, refusal, { location: FOLLOWED, signal: closing.signal });
      return;
    }
    const receivedAt = new Date();
    const body = await readBody(request, MAX_BYTES);
    if (!body) {
      response.setHeader("connection", "close");
      const refusal = refuse(413, `The body is larger than ${MAX_BYTES} bytes. Send fewer events per batch.`);
      await sendAnswer(response, refusal, { location: FOLLOWED, signal: closing.signal });
      return;
    }
    const delivery = { headers: headersOf(request), body, receivedAt };
    const isFollowed = request.url === FOLLOWED;
    const inspection = await look(delivery, isFollowed);
    const programmed = isFollowed ? null : programme(inspection.attempt);
    const answer = programmed ?? chooseConsumerAnswer(inspection.steps);
    attempts.record(delivery, isSuccess(answer));
    onReceived(delivery, inspection.number, answer);
    show(delivery, { inspection, answer });
    await sendAnswer(response, answer, { location: FOLLOWED, signal: closing.signal });
  }

  const server = createServer((request, response) => {
    // The sender closed the connection early; it will retry.
    receive(request, response).catch(() => response.destroy());
  });
  server.on("clientError", refuseUnparsed);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, everyInterface ? undefined : "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      closing.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await explainer.close();
      await shown;
    },
  };
}

/** Refuses a delivery, with the reason that the terminal shows too. */
const refuse = (code: number, detail: string): ProgrammedAnswer => ({
  kind: "status",
  status: code,
  retryAfterSeconds: null,
  body: JSON.stringify({ type: "about:blank", title: STATUS_CODES[code], status: code, detail }),
});

/**
 * Chooses a consumer's answer to a delivery from the results of the inspection steps. @see
 * spec/1.0/contract.md#receiving
 */
function chooseConsumerAnswer(steps: readonly Step[]): ProgrammedAnswer {
  const wrong = steps.find(({ outcome }) => outcome === "wrong");
  switch (wrong?.step) {
    case "headers":
    case "timestamp":
    case "signature":
      return refuse(401, wrong.says);
    case "media_type":
      return refuse(415, wrong.says);
    case "json":
      return refuse(wrong.requirements.includes("EVT-012") ? 413 : 400, wrong.says);
    case "event":
      return refuse(400, wrong.says);
    default:
      return takeAll();
  }
}
