import { problemSchema } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import { jsonOf } from "../evidence/read.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";

/** What an exchange was answered with, in a few words; a problem's own are the vendor's best. */
export function describeResponse(exchange: Exchange): string {
  if (!exchange.response) return `no answer (${exchange.failure})`;
  const problem = problemSchema.safeParse(jsonOf(exchange)).data;
  const words = [exchange.response.status, problem?.code, problem?.detail && `(${show(problem.detail)})`];
  return words.filter((word) => word !== undefined && word !== null && word !== "").join(" ");
}

/** What to change where something that does not exist is not answered with 404. */
export const UNKNOWN_ID =
  "Look the id up before you filter by it, among what the credential may see: an unknown one is 404 with a problem, or a typing mistake looks like an empty result.";

/** Judges answers by their status alone. @param hint what to change where it is another than those allowed */
export function judgeStatus(
  exchanges: readonly Exchange[],
  allowed: readonly [number, ...number[]],
  hint: string,
): Finding {
  return judgeEach(
    exchanges.map((exchange) => ({ at: exchange.id, exchange })),
    "nothing was asked",
    ({ exchange }) =>
      exchange.response && allowed.includes(exchange.response.status)
        ? null
        : {
            expected: `${allowed.join(" or ")} for ${exchange.request.method} ${new URL(exchange.request.url).pathname}`,
            actual: describeResponse(exchange),
            hint,
          },
  );
}

/** What keeps an answer from being a 200 with valid JSON, or `null`. */
export function findUnusableResponse(exchange: Exchange): Omit<Failure, "at"> | null {
  if (exchange.response?.status !== 200) {
    return {
      expected: "200 with JSON",
      actual: describeResponse(exchange),
      hint: "The call is one that the contract has, with a credential that you issued: your own log says what hindered it.",
    };
  }
  if (jsonOf(exchange) === undefined) {
    return {
      expected: "a JSON body",
      actual: show(exchange.response.body),
      hint: "Serialise the answer as JSON, and let no proxy or framework put a page of its own in its place.",
    };
  }
  return null;
}
