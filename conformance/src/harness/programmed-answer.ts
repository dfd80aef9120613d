import type { ServerResponse } from "node:http";
import { type Clock, sleep, systemClock } from "./clock.ts";

/** How one attempt at a delivery is answered. */
export type ProgrammedAnswer =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterSeconds: number | null;
      /** JSON; none where absent. */
      readonly body?: string;
    }
  /** Answered well, after a while. */
  | { readonly kind: "slow"; readonly seconds: number }
  /** Never answered. */
  | { readonly kind: "hang" }
  /** The connection is cut. */
  | { readonly kind: "reset" }
  /** Sent elsewhere, where nothing may follow. */
  | { readonly kind: "redirect" };

/** Says how an attempt is answered, counted from 1 for each delivery. */
export type AnswerProgramme = (attempt: number) => ProgrammedAnswer;

/** Answered with a status at once. */
export const status = (code: number, retryAfterSeconds: number | null = null): ProgrammedAnswer => ({
  kind: "status",
  status: code,
  retryAfterSeconds,
});

const TAKEN = status(204);

/** Takes every delivery. */
export const takeAll = (): ProgrammedAnswer => TAKEN;

/** Whether a sender may take it for success. */
export const isSuccess = (answer: ProgrammedAnswer): boolean =>
  answer.kind === "slow" || (answer.kind === "status" && answer.status >= 200 && answer.status < 300);

/** The status an attempt is answered with in the end; `null` where it gets no answer. */
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
  /** Where a redirect leads. */
  readonly location: string;
  /** Ends the waiting; who waits gets no answer then. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Answers an attempt as programmed. */
export async function sendAnswer(
  response: ServerResponse,
  answer: ProgrammedAnswer,
  { location, signal, clock = systemClock }: AnswerOptions,
): Promise<void> {
  switch (answer.kind) {
    case "status": {
      const { status: code, retryAfterSeconds, body } = answer;
      if (retryAfterSeconds !== null) response.setHeader("retry-after", String(retryAfterSeconds));
      if (body !== undefined) response.setHeader("content-type", "application/json");
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
  }
}
