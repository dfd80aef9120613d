import type { ServerResponse } from "node:http";
import { type Clock, sleep, systemClock } from "./clock.ts";

/** The response to one attempt at a delivery. */
export type ProgrammedAnswer =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterSeconds: number | null;
      /** The JSON body of the response. Default: no body. With a status of 400 or more, it is a problem document. */
      readonly body?: string;
    }
  /** 204 after a delay. */
  | { readonly kind: "slow"; readonly seconds: number }
  /** No response. */
  | { readonly kind: "hang" }
  /** The connection is closed without a response. */
  | { readonly kind: "reset" }
  /** A redirect that the sender must not follow. */
  | { readonly kind: "redirect" };

/** Returns the response to an attempt, counted from 1 for each delivery. */
export type AnswerProgramme = (attempt: number) => ProgrammedAnswer;

/** The destination responds immediately with a status. */
export const status = (code: number, retryAfterSeconds: number | null = null): ProgrammedAnswer => ({
  kind: "status",
  status: code,
  retryAfterSeconds,
});

const ACCEPTED = status(204);

/** Accepts every delivery. */
export const takeAll = (): ProgrammedAnswer => ACCEPTED;

/** Whether the sender may count the delivery as successful. */
export const isSuccess = (answer: ProgrammedAnswer): boolean =>
  answer.kind === "slow" || (answer.kind === "status" && answer.status >= 200 && answer.status < 300);

/** Returns the status that the sender receives in the end; `null` if no status is sent. */
export function statusOf(answer: ProgrammedAnswer): number | null {
  switch (answer.kind) {
    case "status":
      return answer.status;
    case "slow":
      return 204;
    case "redirect":
      return 307;
    case "hang":
    case "reset":
      return null;
  }
}

export interface AnswerOptions {
  /** The target of a redirect. */
  readonly location: string;
  /** Ends a delay or a hanging connection. The receiver then sends no response. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Sends a programmed response. */
export async function sendAnswer(
  response: ServerResponse,
  answer: ProgrammedAnswer,
  { location, signal, clock = systemClock }: AnswerOptions,
): Promise<void> {
  switch (answer.kind) {
    case "status": {
      const { status: code, retryAfterSeconds, body } = answer;
      if (retryAfterSeconds !== null) response.setHeader("retry-after", String(retryAfterSeconds));
      if (body !== undefined)
        response.setHeader("content-type", code < 400 ? "application/json" : "application/problem+json");
      response.writeHead(code).end(body);
      return;
    }
    case "slow":
      await sleep(clock, answer.seconds * 1000, signal);
      response.writeHead(204).end();
      return;
    case "redirect":
      response.writeHead(307, { location }).end();
      return;
    case "reset":
      response.destroy();
      return;
    case "hang":
      signal.addEventListener("abort", () => response.destroy(), { once: true });
  }
}
