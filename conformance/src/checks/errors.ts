import { readRetryAfter } from "@convergint/internal/retry-after";
import { PROBLEM_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { endOf, isSuccess, mediaTypeOf, objectOf } from "../evidence/read.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, judgeMixed, type Problem, show, withUnseen } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const NEEDS = ["authentication", "sites", "paging", "filters", "lookups"] as const;

/** Returns every error response that the suite provoked. */
function errorsIn(evidence: Pick<Evidence, (typeof NEEDS)[number]>): (Exchange & { at: string })[] {
  const { authentication, sites, paging, filters, lookups } = evidence;
  return [
    ...authentication.withoutCredential,
    ...authentication.wrongCredential,
    paging.madeUpCursor,
    ...paging.badLimits,
    sites.unknownOrg,
    filters.unknownSite,
    filters.unknownOrg,
    filters.madeUpSince,
    lookups.unknownDevice,
    ...(lookups.refused ?? []),
  ]
    .filter(({ response }) => response && response.status >= 400)
    .map((exchange) => ({ ...exchange, at: exchange.id }));
}

/** The time in which the limits on calls must allow a full listing. */
const LISTING_SECONDS = 15 * 60;

/** Judges that every response of the run with this status has `Retry-After`. */
function judgeRefusals(status: 429 | 503, parts: Partial<Evidence>, hint: string): Finding {
  const { exchanges } = collectTraffic({ parts, missing: {} });
  const refusals = exchanges.filter(({ response }) => response?.status === status);
  const [first] = exchanges;
  if (refusals.length === 0 && first)
    return {
      outcome: "pass",
      cites: [first.id],
      unseen: `The vendor answered no call of this run with ${status}.`,
    };
  return judgeEach(
    refusals.map((exchange) => ({ at: exchange.id, exchange })),
    "no call was made",
    ({ exchange: { response } }) => {
      const value = response?.headers["retry-after"];
      return readRetryAfter(value, 0) === undefined
        ? {
            where: "retry-after",
            expected: `Retry-After on a ${status}: seconds or an HTTP date`,
            actual: show(value),
            hint,
          }
        : null;
    },
  );
}

export const errorChecks = [
  check("ERR-001", NEEDS, (evidence) =>
    judgeEach(errorsIn(evidence), "no response was an error", (error) => {
      const mediaType = mediaTypeOf(error.response?.headers ?? {});
      if (mediaType !== PROBLEM_MEDIA_TYPE) {
        return {
          where: "content-type",
          expected: PROBLEM_MEDIA_TYPE,
          actual: show(mediaType),
          hint: "Format all errors in one place as RFC 9457 problems with a title, a status and your own code. Include the errors that your framework generates.",
        };
      }
      const wrong = findSchemaFailure(problemSchema, objectOf(error));
      if (wrong) return wrong;
      const repeated = objectOf(error)?.["status"];
      return repeated === error.response?.status
        ? null
        : {
            where: "/status",
            expected: `${show(error.response?.status)}, as in the status line`,
            actual: show(repeated),
            hint: "Set the member status to the HTTP status of the response. A log that contains only the body then shows the status.",
          };
    }),
  ),

  check("ERR-002", ["authentication"], ({ authentication: { wrongCredential, wrongKey } }) =>
    judgeEach(
      wrongCredential.filter(({ response }) => response).map((exchange) => ({ at: exchange.id, exchange })),
      "no call got a response",
      ({ exchange: { response } }) => {
        const header = Object.entries(response?.headers ?? {}).find(([, value]) => value.includes(wrongKey));
        if (!header && !response?.body.includes(wrongKey)) return null;
        return {
          where: header ? header[0] : "body",
          expected: "a response without the credential",
          actual: "the response repeats the credential",
          hint: "Say that the credential is wrong, but do not repeat the credential. Error responses end up in logs and tickets.",
        };
      },
    ),
  ),

  check("ERR-003", ["lookups"], ({ lookups, ...evidence }) => {
    const refused = (lookups.refused ?? []).map((exchange) => ({
      at: exchange.id,
      find: (): Problem | null =>
        isSuccess(exchange)
          ? {
              expected: `a problem with 4xx for: ${exchange.purpose}`,
              actual: `${describeResponse(exchange)}, ${show(mediaTypeOf(exchange.response?.headers ?? {}))}`,
              hint: "Answer an invalid call with 404, 405, 400 or 415 and a problem. Check whether your framework or a single-page application answers every unknown path with 200.",
            }
          : null,
    }));
    const { exchanges } = collectTraffic({ parts: { lookups, ...evidence }, missing: {} });
    const hidden = exchanges.filter(isSuccess).map((exchange) => ({
      at: exchange.id,
      find: (): Problem | null => {
        const problem = problemSchema.safeParse(objectOf(exchange)).data;
        return problem && problem.status >= 400
          ? {
              where: "/status",
              expected: `${problem.status} in the status line`,
              actual: `${exchange.response?.status} with a problem in the body`,
              hint: "Send an error with a 4xx or 5xx status. A consumer treats an error with status 200 as an empty inventory.",
            }
          : null;
      },
    }));
    return judgeMixed([...refused, ...hidden], "no call was answered");
  }),

  check("ERR-004", ["discovery"], ({ discovery, ...evidence }) =>
    judgeRefusals(
      429,
      { discovery, ...evidence },
      "Send Retry-After with every 429: the seconds until the next call may succeed. Have the gateway that limits the calls add it too.",
    ),
  ),

  check("ERR-005", ["discovery"], ({ discovery, ...evidence }) =>
    judgeRefusals(
      503,
      { discovery, ...evidence },
      "Send Retry-After with every 503: the seconds until the next call may succeed. Have the load balancer add it too.",
    ),
  ),

  check("ERR-006", ["devices"], ({ devices: { listing } }) => {
    const [first] = listing.pages;
    const last = listing.pages.at(-1);
    const attempts = listing.pages.flatMap(({ earlier = [], ...page }) => [...earlier, page]);
    const refusals = attempts.filter(({ response }) => response?.status === 429).length;
    const started = Date.parse(first?.earlier?.[0]?.startedAt ?? first?.startedAt ?? "");
    const seconds = last ? (endOf(last) - started) / 1000 : 0;
    return withUnseen(
      judgeEach(first ? [{ at: first.id }] : [], "no device was listed", () =>
        refusals === 0 || seconds <= LISTING_SECONDS
          ? null
          : {
              where: "retry-after",
              expected: "a full listing within 15 minutes",
              actual: `${(seconds / 60).toFixed(0)} minutes, with ${refusals} responses with 429`,
              hint: "Allow more calls, or larger pages. If other clients of this credential were calling at the same time, run again without them.",
            },
      ),
      "The suite made one listing. It did not test whether the limits allow a listing every 15 minutes, all day.",
    );
  }),
];
