import { describeFieldErrors, fieldErrors, type Problem, problemSchema } from "@convergint/schemas";
import { delay } from "msw";
import { MockError } from "./mock-error.ts";
import { problemOf, problemResponse } from "./problem.ts";

/** Number of affected calls. */
export interface Times {
  /** Default: 1. */
  readonly times?: number;
}

/** A requested refusal. */
export interface Failure extends Times {
  /** 400 to 599. */
  readonly status: number;
  /** The problem's code. Default: the contract's code for the status. */
  readonly code?: string;
  /** Value of `Retry-After`. Default: no header. */
  readonly retryAfterSeconds?: number;
}

/** A requested delay of a response. */
export interface Delay extends Times {
  readonly seconds: number;
}

/** Which calls are affected. */
export interface Aim {
  /** Path of the call relative to the mock's URL, such as `/v1/devices`. Default: any. */
  readonly path?: string;
}

/**
 * The faults that a test can request. Each fault affects the given number of calls. Faults
 * happen in the order in which they were requested.
 *
 * @typeParam Where selects the affected calls
 */
export interface Faults<Where = unknown> {
  /**
   * Refuses the next call without processing it.
   *
   * @throws {MockError} `invalid_fault`
   * @see spec/1.0/contract.md#errors
   */
  failNext(failure: Failure & Where): void;
  /** Processes the next call and delays its response. @throws {MockError} `invalid_fault` */
  delayNext(delay: Delay & Where): void;
  /** Processes the next call and breaks the connection halfway through its response. @throws {MockError} `invalid_fault` */
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

/** The default codes by status. */
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
    `The contract does not allow this problem: ${describeFieldErrors(fieldErrors(parsed.error))}`,
  );
}

/** A queue of the requested faults that have not happened yet. */
export class FaultQueue implements Faults<Aim> {
  #waiting: { readonly fault: Fault; readonly path: string | undefined; left: number }[] = [];

  failNext({ times, path, ...failure }: Failure & Aim): void {
    const { retryAfterSeconds } = failure;
    this.#add({ kind: "fail", problem: askedProblem(failure), retryAfterSeconds }, times, path);
  }

  delayNext({ seconds, times, path }: Delay & Aim): void {
    if (!(seconds >= 0)) throw new MockError("invalid_fault", "Invalid seconds: use a number of at least 0.");
    this.#add({ kind: "delay", seconds }, times, path);
  }

  breakNext({ times, path }: Times & Aim = {}): void {
    this.#add({ kind: "break" }, times, path);
  }

  #add(fault: Fault, times = 1, path: string | undefined): void {
    if (!(Number.isInteger(times) && times > 0))
      throw new MockError("invalid_fault", "Invalid times: use an integer of at least 1.");
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
   * Answers a call, or applies a requested fault.
   *
   * @param path path of the call, relative to the mock's URL
   * @param answer processes the call
   * @param onFailure called with a requested refusal
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

/** Returns the first half of a response, followed by an error. */
async function brokenOff(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === 0) return Response.error();
  const parts = [bytes.subarray(0, bytes.length / 2)];
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const part = parts.shift();
    if (part !== undefined) return controller.enqueue(part);
    // Waits before it breaks the connection. An immediate error would overtake the first half of the body, so
    // that nothing would arrive.
    await delay(20);
    controller.error(new TypeError("The connection broke here, as the test requested."));
  };
  const headers = new Headers(response.headers);
  // Without this header, a closed connection would mark the end of
  // the body, as in HTTP/1.0, instead of an error.
  headers.set("content-length", String(bytes.length));
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), {
    status: response.status,
    headers,
  });
}
