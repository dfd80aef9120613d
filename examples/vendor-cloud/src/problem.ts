import { PROBLEM_CODES, type Problem } from "@convergint/schemas";

/** The contract's codes, and a code for requests that Fastify cannot parse as HTTP. */
const STATUS_OF_CODE = { ...PROBLEM_CODES, malformed_request: 400 };

/** Stable codes of the refusals of this cloud. */
export type ProblemCode = keyof typeof STATUS_OF_CODE;

/** A refusal, sent as problem details. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;

  /** @param detail what happened and what to do; sent to the caller, so it must not contain a secret */
  constructor(code: ProblemCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }

  /** Returns the refusal as problem details (RFC 9457). @see spec/1.0/contract.md#errors */
  toProblem(): Problem & { code: ProblemCode } {
    const title = this.code.charAt(0).toUpperCase() + this.code.slice(1).replaceAll("_", " ");
    return {
      type: "about:blank",
      title,
      status: STATUS_OF_CODE[this.code],
      detail: this.message,
      code: this.code,
    };
  }
}
