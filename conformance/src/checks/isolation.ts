import { problemSchema } from "@convergint/schemas";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { type IdName, isObject, itemsOf, jsonOf, listOf, objectOf, textOf } from "../evidence/read.ts";
import { answered } from "./answers.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, show } from "./finding.ts";

const SAME_TENANT =
  "Scope every query by the orgs of the credential. Should both keys be of one tenant, give --second-api-key one of another.";

/** The entries of another tenant's listing, each with whether the first tenant has it as well. */
function shared(first: Listing, second: Listing, name: IdName) {
  const known = new Set(
    itemsOf(first).flatMap(({ value }) => (isObject(value) ? (textOf(value, name) ?? []) : [])),
  );
  return itemsOf(second).map(({ at, pointer, value }) => {
    const id = isObject(value) ? textOf(value, name) : null;
    return { at, where: `${pointer}/${name}`, id, isShared: id !== null && known.has(id) };
  });
}

/** What an answer says, as far as a caller can tell two apart by it: the status, and a problem's code. */
const meaningOf = (exchange: Exchange): string => {
  const problem = problemSchema.safeParse(jsonOf(exchange)).data;
  return `${exchange.response?.status ?? "none"} ${problem?.code ?? ""}`;
};

/** What keeps one tenant from seeing what is another's. */
export const isolationChecks = [
  check("SEC-005", ["orgs", "sites", "devices", "isolation"], ({ orgs, sites, devices, isolation }) =>
    judgeEach(
      [
        ...shared(orgs.listing, isolation.orgs, "org_id"),
        ...shared(sites.listing, isolation.sites, "site_id"),
        ...shared(devices.listing, isolation.devices, "device_id"),
      ],
      "the other tenant's listings are empty, so nothing shows that its credential is good",
      ({ where, id, isShared }) =>
        isShared
          ? {
              where,
              expected: "nothing that the first tenant is shown",
              actual: show(id),
              hint: SAME_TENANT,
            }
          : null,
    ),
  ),
  check("SEC-006", ["isolation"], ({ isolation: { crossings } }) =>
    judgeEach(
      crossings.map((crossing) => ({ at: crossing.theirs.id, ...crossing })),
      "nothing was asked for",
      ({ theirs, nobodys }) =>
        meaningOf(theirs) === meaningOf(nobodys)
          ? null
          : {
              expected: `the answer to what does not exist, ${answered(nobodys)}, to: ${theirs.purpose}`,
              actual: answered(theirs),
              hint: "Look it up among the orgs of the credential: what is another's is not found there, and no other answer tells that it exists.",
            },
    ),
  ),
  check(
    "SEC-007",
    ["isolation"],
    ({ isolation: { cursors } }): Finding =>
      judgeEach(
        cursors.map((exchange) => ({ at: exchange.id, exchange })),
        "the first tenant's listing gave no cursor, having one page; a longer inventory would show it",
        ({ exchange }) => {
          const given = listOf(objectOf(exchange), "data").length;
          return exchange.response?.status === 200 && given > 0
            ? {
                where: "/data",
                expected: "400 or 410, or an empty page",
                actual: `${given} items`,
                hint: "Bind a cursor to the credential it was given to, such as by a seal that covers both.",
              }
            : null;
        },
      ),
  ),
];
