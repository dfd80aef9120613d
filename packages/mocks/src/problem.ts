import { PROBLEM_CODES, PROBLEM_MEDIA_TYPE, type Problem, REFUSAL_CODES } from "@convergint/schemas";

/** Every error code with which the mocks refuse a call, and its HTTP status. */
const STATUS_OF_CODE = { ...PROBLEM_CODES, ...REFUSAL_CODES };

type RefusalCode = keyof typeof STATUS_OF_CODE;

/** Turns a code into a title: `unknown_site` becomes "Unknown site". */
const titleOf = (code: string): string => code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");

/** Builds a problem. @see spec/1.0/contract.md#errors */
export const problemOf = (status: number, code: string, detail: string): Problem => ({
  type: "about:blank",
  title: titleOf(code),
  status,
  detail,
  code,
});

/** A refusal of a call; the response contains it as problem details. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly allow: readonly string[];

  /**
   * @param detail what happened and what to do about it; sent to the caller, so it must not contain a secret
   * @param allow the methods that the path supports, for `method_not_allowed`
   */
  constructor(code: RefusalCode, detail: string, allow: readonly string[] = []) {
    super(detail);
    this.code = code;
    this.allow = allow;
  }

  toProblem(): Problem {
    return problemOf(STATUS_OF_CODE[this.code], this.code, this.message);
  }

  toResponse(): Response {
    const response = problemResponse(this.toProblem());
    if (this.allow.length > 0) response.headers.set("allow", this.allow.join(", "));
    return response;
  }
}

/** Refuses a method that a path does not support. @param allow the methods that it supports */
export const refuseMethod = (method: string, allow: readonly string[]): Refusal =>
  new Refusal(
    "method_not_allowed",
    `This path does not support ${method}, only ${allow.join(" and ")}.`,
    allow,
  );

/** Builds the response of a problem. @param retryAfterSeconds value of `Retry-After`, if any */
export function problemResponse(problem: Problem, retryAfterSeconds?: number): Response {
  const headers = new Headers({ "content-type": PROBLEM_MEDIA_TYPE });
  if (problem.code === "unauthorized") headers.set("www-authenticate", "Bearer");
  if (retryAfterSeconds !== undefined) headers.set("retry-after", String(retryAfterSeconds));
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
