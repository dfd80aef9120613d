import { isDeepStrictEqual } from "node:util";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { objectOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, judgeMixed } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

const etagOf = ({ response }: Exchange): string | undefined => response?.headers["etag"];
const pathOf = ({ request }: Exchange): string => new URL(request.url).pathname;

/** Tells whether the two last responses to the same call had different content. */
const alwaysChanged = ({ first, again }: Evidence["conditional"]["unchanged"][number]): boolean =>
  again.response?.status === 200 && etagOf(again) !== etagOf(first);

/**
 * Tells whether two responses have the same complete content: a device, or a listing that fits on one page.
 */
function hasSameContent({ first, again }: Evidence["conditional"]["unchanged"][number]): boolean {
  const [one, other] = [objectOf(first), objectOf(again)];
  if (!one || !other || ("data" in one && one["next_cursor"] !== null)) return false;
  return "data" in one ? isDeepStrictEqual(one["data"], other["data"]) : isDeepStrictEqual(one, other);
}

export const conditionalRequestChecks = [
  check("INV-018", ["conditional"], ({ conditional: { unchanged, changed, command } }) => {
    const isChanged = command?.response?.status === 200;
    // Another user may have removed the device, and a failed call has no ETag. Other checks judge failed calls.
    const answered = unchanged.filter(({ first }) => first.response?.status === 200);
    const subjects = [
      ...answered.map(({ first }) => ({
        at: first.id,
        find: () =>
          etagOf(first) === undefined
            ? {
                where: "etag",
                expected: `an ETag in the response to GET ${pathOf(first)}`,
                actual: "none",
                hint: "Send an ETag. For a device, a hash of the response body is enough; for a listing, hash the content of all its pages.",
              }
            : null,
      })),
      ...(isChanged ? changed : changed.filter(({ change }) => change !== undefined)).map(
        ({ before, after, change }) => ({
          at: after.id,
          find: () => {
            const etag = etagOf(before);
            const isAnother = ![undefined, etag].includes(etagOf(after));
            if (etag === undefined || (after.response?.status === 200 && isAnother)) return null;
            return {
              where: "etag",
              expected: `200 with an ETag other than ${etag}, because ${change ?? "the status of a listed device changed"}`,
              actual:
                after.response?.status === 304
                  ? "304, as if nothing had changed"
                  : (etagOf(after) ?? "no ETag"),
              hint: "Compute the ETag from the content of the whole listing, including statuses. Do not use only the first page, or the time when a record was saved.",
            };
          },
        }),
      ),
    ];
    const finding = judgeMixed(subjects, "no call was made");
    return finding.outcome === "pass" &&
      (isChanged ? changed : changed.filter(({ change }) => change)).length === 0
      ? { ...finding, unseen: "no device could be changed, so the suite did not see whether an ETag changes" }
      : finding;
  }),

  check("INV-019", ["conditional"], ({ conditional: { unchanged } }): Finding => {
    const withEtag = unchanged.filter(({ first }) => etagOf(first) !== undefined);
    const unchangedCalls = withEtag.filter((each) => !alwaysChanged(each));
    const unstable = withEtag.filter(alwaysChanged);
    const proven = unstable.filter(hasSameContent);
    if (proven.length > 0) {
      return judgeEach(
        proven.map(({ again }) => ({ at: again.id, again })),
        "",
        ({ again }) => ({
          where: "etag",
          expected: `304 for If-None-Match with the ETag that GET ${pathOf(again)} returned a moment ago, because nothing has changed`,
          actual: `200 with another ETag, ${etagOf(again)}, and the same content`,
          hint: "Compute the ETag only from the listed items, not from snapshot, sync_token, the time, the process or the server.",
        }),
      );
    }
    if (unstable.length > 0) {
      return {
        outcome: "could-not-run",
        reason: `the ETag of ${[...new Set(unstable.map(({ again }) => pathOf(again)))].join(" and ")} changed from one call to the next, three times in a row; use a tenant in which nothing else changes, and compute the ETag only from the content, not from the time, process or server`,
      };
    }
    return judgeEach(
      unchangedCalls.map(({ again }) => ({ at: again.id, again })),
      "no response had an ETag; see INV-018",
      ({ again }) => {
        if (again.response?.status !== 304) {
          return {
            expected: `304 for If-None-Match with the ETag that GET ${pathOf(again)} returned a moment ago`,
            // The code above excludes calls that were answered with 200 and a different ETag. So both
            // responses have the same ETag here.
            actual: `${describeResponse(again)}${again.response?.status === 200 ? ", with that same ETag" : ""}`,
            hint: "Compare If-None-Match with the current ETag, using weak comparison (ignore a leading W/). If they match, answer 304 with the ETag and no body.",
          };
        }
        return again.response.body === ""
          ? null
          : {
              where: "body",
              expected: "no body with 304",
              actual: `${again.response.body.length} characters`,
              hint: "End the response after its headers. Otherwise the client reads the body as the start of the next response on the same connection.",
            };
      },
    );
  }),

  check("INV-020", ["conditional"], ({ conditional: { secondPage } }) =>
    judgeEach(
      secondPage ? [{ at: secondPage.id, secondPage }] : [],
      "the inventory has only one page",
      ({ secondPage: page }) =>
        page.response?.status === 304
          ? {
              expected: "a page, for a request with a cursor",
              actual: "304",
              hint: "Answer 200 to a request with a cursor. The ETag that the caller sent is the ETag of page one. The caller does not have page two yet.",
            }
          : null,
    ),
  ),
];
