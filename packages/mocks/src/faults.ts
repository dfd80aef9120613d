import { describeFieldErrors, fieldErrors, type Problem, problemSchema } from "@convergint/schemas";
import { delay } from "msw";
import { MockError } from "./mock-error.ts";
import { problemOf, problemResponse } from "./problem.ts";

/** How many calls go wrong. */
export interface Times {
  /** Default: 1. */
  readonly times?: number;
}

/** A refusal on demand. */
export interface Failure extends Times {
  /** 400 to 599. */
  readonly status: number;
  /** The problem's code. Default: the contract's word for the status. */
  readonly code?: string;
  /** What `Retry-After` says; no such header where left out. */
  readonly retryAfterSeconds?: number;
}

/** An answer that is late. */
export interface Delay extends Times {
  readonly seconds: number;
}

/** Which calls go wrong. */
export interface Aim {
  /** The path of the call below the mock's URL, such as `/v1/devices`. Default: any. */
  readonly path?: string;
}

/**
 * What a test can make go wrong. What is asked for is done once for each call, in the order it was asked for.
 *
 * @typeParam Where what tells which calls are meant
 */
export interface Faults<Where = unknown> {
  /**
   * The next call is refused, and nothing is done.
   *
   * @throws {MockError} `invalid_fault`
   * @see spec/1.0/contract.md#errors
   */
  failNext(failure: Failure & Where): void;
  /** The next call is done, and its answer comes late. @throws {MockError} `invalid_fault` */
  delayNext(delay: Delay & Where): void;
  /** The next call is done, and its answer breaks off half-way. @throws {MockError} `invalid_fault` */
  breakNext(breakage?: Times & Where): void;
}

type Fault =
  | {
      readonly kind: "fail";
      readonly problem: Problem;
      readonly retryAfterSeconds: number | undefined;
    }
  | { readonly kind: "delay"; readonly seconds: number }
  | { readonly kind: "break" };

/** Codes that the contract has one of for a status. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "invalid_parameter",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  413: "payload_too_large",
  415: "unsupported_media_type",
  429: "rate_limited",
  500: "internal_error",
  503: "unavailable",
};

/** @throws {MockError} `invalid_fault` */
function askedProblem({ status, code = CODE_OF_STATUS[status] ?? "refused" }: Failure): Problem {
  const parsed = problemSchema.safeParse(problemOf(status, code, "The test asked for this answer."));
  if (parsed.success) return parsed.data;
  throw new MockError(
    "invalid_fault",
    `This is no problem of the contract: ${describeFieldErrors(fieldErrors(parsed.error))}`,
  );
}

/** The faults that a test has asked for and no call has met yet. */
export class FaultQueue implements Faults<Aim> {
  #waiting: { readonly fault: Fault; readonly path: string | undefined; left: number }[] = [];

  failNext({ times, path, ...failure }: Failure & Aim): void {
    const { retryAfterSeconds } = failure;
    this.#add({ kind: "fail", problem: askedProblem(failure), retryAfterSeconds }, times, path);
  }

  delayNext({ seconds, times, path }: Delay & Aim): void {
    if (!(seconds >= 0)) throw new MockError("invalid_fault", "seconds must be a number, 0 or more.");
    this.#add({ kind: "delay", seconds }, times, path);
  }

  breakNext({ times, path }: Times & Aim = {}): void {
    this.#add({ kind: "break" }, times, path);
  }

  #add(fault: Fault, times = 1, path: string | undefined): void {
    if (!(Number.isInteger(times) && times > 0))
      throw new MockError("invalid_fault", "times must be a whole number, 1 or more.");
    this.#waiting.push({ fault, path, left: times });
  }

  #take(path: string): Fault | undefined {
    const found = this.#waiting.find((waiting) => waiting.path === undefined || waiting.path === path);
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left === 0) this.#waiting = this.#waiting.filter((waiting) => waiting !== found);
    return found.fault;
  }

  /**
   * Answers a call, or lets go wrong what the test asked for.
   *
   * @param path of the call, below the mock's URL
   * @param answer does what the call asks for
   * @param onFailure is told of a refusal on demand
   */
  async meet(
    path: string,
    answer: () => Promise<Response>,
    onFailure: (problem: Problem) => Promise<void> | void = () => {},
  ): Promise<Response> {
    const fault = this.#take(path);
    if (fault?.kind === "fail") {
      await onFailure(fault.problem);
      return problemResponse(fault.problem, fault.retryAfterSeconds);
    }
    const response = await answer();
    if (fault?.kind === "delay") await delay(fault.seconds * 1000);
    return fault?.kind === "break" ? brokenOff(response) : response;
  }
}

/** The first half of an answer, and then an error where the rest should be. */
async function brokenOff(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === 0) return Response.error();
  const parts = [bytes.subarray(0, bytes.length / 2)];
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const part = parts.shift();
    if (part !== undefined) return controller.enqueue(part);
    // An error overtakes what is still on its way, and nothing at all would arrive.
    await delay(20);
    controller.error(new TypeError("The answer breaks off here, as the test asked."));
  };
  const headers = new Headers(response.headers);
  // Without it the end of the connection would be the end of the body, as HTTP/1.0 has it.
  headers.set("content-length", String(bytes.length));
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), {
    status: response.status,
    headers,
  });
}
