import { PROBLEM_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { mediaTypeOf, objectOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";
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
            hint: "Set status to the response's HTTP status. A log may contain only the body.",
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
          hint: "Say that the credential is wrong, but do not repeat it. Error responses end up in logs and tickets.",
        };
      },
    ),
  ),
];
