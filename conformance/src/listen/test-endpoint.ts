import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { headersOf, readBody } from "../harness/posted-request.ts";
import {
  type AnswerProgramme,
  isSuccess,
  type ProgrammedAnswer,
  sendAnswer,
} from "../harness/programmed-answer.ts";
import { createAttempts } from "./attempts.ts";
import { inspect } from "./inspect.ts";
import { type Inspection, type ReceivedDelivery, step } from "./inspection.ts";
import { consumersAnswer } from "./refusal.ts";

/** No delivery comes near it; one that does is not read to its end. */
const MOST_BYTES = 1024 * 1024;
/** Where a redirect leads. Who comes here has followed one. */
const FOLLOWED = "/followed";

const FOLLOWED_STEP = step(
  "retry",
  "wrong",
  "It came by a redirect. Take a redirect for a failure and retry the URL that was registered.",
  "DLV-004",
);

/** A delivery that was looked at, and how it was answered. */
export interface AnsweredDelivery {
  readonly inspection: Inspection;
  readonly answer: ProgrammedAnswer;
}

export interface TestEndpointOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether others than this machine may post to it, as through a tunnel that does not end here. */
  readonly everyInterface: boolean;
  /** `whsec_` secrets and `whpk_` public keys. */
  readonly keys: readonly string[];
  /** How an attempt is answered, counted from 1; `null` answers as a consumer would. */
  readonly programme: AnswerProgramme | null;
  /** Told of each delivery when it was looked at. */
  readonly onDelivery: (delivery: AnsweredDelivery) => void;
}

/** An endpoint that vendors post to, to see what is wrong with what they post. */
export interface TestEndpoint {
  readonly port: number;
  /** Ends at once; answers that are still to come do not. */
  close(): Promise<void>;
}

/** Starts the endpoint; every path takes deliveries. */
export async function startTestEndpoint({
  port,
  everyInterface,
  keys,
  programme,
  onDelivery,
}: TestEndpointOptions): Promise<TestEndpoint> {
  const attempts = createAttempts();
  const closing = new AbortController();
  let count = 0;

  async function look(delivery: ReceivedDelivery, isFollowed: boolean): Promise<Inspection> {
    count += 1;
    const inspection = await inspect(delivery, count, keys, attempts);
    if (!isFollowed) return inspection;
    return { ...inspection, good: false, steps: [...inspection.steps, FOLLOWED_STEP] };
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      response.writeHead(405, { allow: "POST", "content-type": "text/plain" });
      response.end("Webhooks are posted here. What came of them is on the terminal.\n");
      return;
    }
    const receivedAt = new Date();
    const body = await readBody(request, MOST_BYTES);
    if (!body) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    const delivery = { headers: headersOf(request), body, receivedAt };
    const isFollowed = request.url === FOLLOWED;
    const inspection = await look(delivery, isFollowed);
    const answer =
      programme && !isFollowed ? programme(inspection.attempt) : consumersAnswer(inspection.steps);
    attempts.answered(delivery, isSuccess(answer));
    onDelivery({ inspection, answer });
    await sendAnswer(response, answer, { location: FOLLOWED, signal: closing.signal });
  }

  const server = createServer((request, response) => {
    // A sender that hangs up halfway has delivered nothing; its own retry will.
    receive(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, everyInterface ? undefined : "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
