import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, judgeMixed } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

const etagOf = ({ response }: Exchange): string | undefined => response?.headers["etag"];
const pathOf = ({ request }: Exchange): string => new URL(request.url).pathname;

/** A call that was repeated, and each time the vendor said that something had changed meanwhile. */
const neverStill = ({ first, again }: Evidence["conditional"]["unchanged"][number]): boolean =>
  again.response?.status === 200 && etagOf(again) !== etagOf(first);

export const conditionalRequestChecks = [
  check("INV-018", ["conditional"], ({ conditional: { unchanged, changed, command } }) => {
    const isChanged = command?.response?.status === 200;
    const subjects = [
      ...unchanged.map(({ first }) => ({
        at: first.id,
        find: () =>
          etagOf(first) === undefined
            ? {
                where: "etag",
                expected: `an ETag with GET ${pathOf(first)}`,
                actual: "none",
                hint: "A hash of the answer's body will do for a device; for a listing, of everything that all its pages have.",
              }
            : null,
      })),
      ...(isChanged ? changed : []).map(({ before, after }) => ({
        at: after.id,
        find: () => {
          const etag = etagOf(before);
          const isAnother = ![undefined, etag].includes(etagOf(after));
          if (etag === undefined || (after.response?.status === 200 && isAnother)) return null;
          return {
            where: "etag",
            expected: `200 with another ETag than ${etag}: a device of what is listed has changed its status`,
            actual:
              after.response?.status === 304
                ? "304, as if nothing had changed"
                : (etagOf(after) ?? "no ETag"),
            hint: "Make the ETag of all that the whole listing has, statuses included, and not of its first page or of when a record was saved.",
          };
        },
      })),
    ];
    return judgeMixed(subjects, "nothing was asked");
  }),

  check("INV-019", ["conditional"], ({ conditional: { unchanged } }): Finding => {
    const withEtag = unchanged.filter(({ first }) => etagOf(first) !== undefined);
    const still = withEtag.filter((each) => !neverStill(each));
    const [restless] = withEtag;
    if (restless && still.length === 0) {
      return {
        outcome: "could-not-run",
        reason:
          "by its ETag something changed between one call and the next, each of three times; try a tenant that is quiet, and see that the ETag is made of the content alone, not of the time, the process or the server",
      };
    }
    return judgeEach(
      still.map(({ again }) => ({ at: again.id, again })),
      "nothing was answered with an ETag; see INV-018",
      ({ again }) => {
        if (again.response?.status !== 304) {
          return {
            expected: `304 for If-None-Match with the ETag that GET ${pathOf(again)} had a moment ago`,
            // With 200 and another ETag, something had changed.
            actual: `${describeResponse(again)}${again.response?.status === 200 ? ", with that same ETag" : ""}`,
            hint: "Compare If-None-Match with the ETag of what you are about to answer, weakly, so that W/ in front makes no difference; where it is the same, answer 304, with the ETag and without a body.",
          };
        }
        return again.response.body === ""
          ? null
          : {
              where: "body",
              expected: "none with 304",
              actual: `${again.response.body.length} characters`,
              hint: "End the answer behind its headers: what follows is taken for the beginning of the next one.",
            };
      },
    );
  }),

  check("INV-020", ["conditional"], ({ conditional: { secondPage } }) =>
    judgeEach(
      secondPage ? [{ at: secondPage.id, secondPage }] : [],
      "the inventory has one page only",
      ({ secondPage: page }) =>
        page.response?.status === 304
          ? {
              expected: "a page, for a call with a cursor",
              actual: "304",
              hint: "Who reads page two has not got it yet, whatever the ETag of page one is.",
            }
          : null,
    ),
  ),
];
