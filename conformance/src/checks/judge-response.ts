import { problemSchema } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import { jsonOf } from "../evidence/read.ts";
import { type Finding, judgeEach, type Problem, show } from "./finding.ts";

/**
 * Describes the response to a call in a few words: its status and, if present, the problem's code and detail.
 */
export function describeResponse(exchange: Exchange): string {
  if (!exchange.response) return `no answer (${exchange.failure})`;
  const problem = problemSchema.safeParse(jsonOf(exchange)).data;
  const words = [exchange.response.status, problem?.code, problem?.detail && `(${show(problem.detail)})`];
  return words.filter((word) => word !== undefined && word !== null && word !== "").join(" ");
}

/** The hint of a failure if the response for an unknown id is not 404. */
export const UNKNOWN_ID =
  "First look up the id among the ids that the credential may see. If the id is unknown, answer 404 with a problem. Otherwise a typo looks like an empty result.";

/** Judges responses only by their status. @param hint what to change if a status is not allowed */
export function judgeStatus(
  exchanges: readonly Exchange[],
  allowed: readonly [number, ...number[]],
  hint: string,
): Finding {
  return judgeEach(
    exchanges.map((exchange) => ({ at: exchange.id, exchange })),
    "no call was made",
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

/** Returns why a response is not 200 with valid JSON; `null` if it is. */
export function findUnusableResponse(exchange: Exchange): Problem | null {
  if (exchange.response?.status !== 200) {
    return {
      expected: "200 with JSON",
      actual: describeResponse(exchange),
      hint: "Find the reason for the failure in your log. The contract defines this call, and you issued its credential.",
    };
  }
  if (jsonOf(exchange) === undefined) {
    return {
      expected: "a JSON body",
      actual: show(exchange.response.body),
      hint: "The body is not JSON. Serialize the response as JSON, and check that no proxy or framework replaces it with its own page.",
    };
  }
  return null;
}
