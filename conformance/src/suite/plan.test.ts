import { expect, test } from "vitest";
import { exchange, listing } from "../evidence/testing/recorded.ts";
import { planFor } from "./plan.ts";

const idsOf = (plan: ReturnType<typeof planFor>) => ({
  judged: plan.requirements.map(({ id }) => id),
  notJudged: plan.notJudged.map(({ requirement }) => requirement.id),
});
const bare = { inventory: { incremental_sync: false }, authentication: [{ scheme: "bearer" }] };

test("lists requirements of a capability as not judged only if the manifest declares it", () => {
  const without = idsOf(planFor(["inventory"], undefined, bare, [])).notJudged;
  const manifest = {
    ...bare,
    inventory: { incremental_sync: true },
    authentication: [{ scheme: "oauth2_client_credentials" }],
  };
  const withBoth = idsOf(planFor(["inventory"], undefined, manifest, [])).notJudged;
  expect(withBoth.filter((id) => !without.includes(id)).toSorted()).toEqual(
    ["AUTH-004", "AUTH-005", "SYNC-003", "SYNC-004", "SYNC-005", "SYNC-008"].toSorted(),
  );
});

test.each<[string, object, string[]]>([
  ["no sandbox", {}, ["INV-014", "PAGE-009", "SYNC-003", "SYNC-008"]],
  ["a sandbox that names no commands", { sandbox: {} }, ["INV-014", "PAGE-009", "SYNC-003", "SYNC-008"]],
  [
    "a sandbox that only adds devices",
    { sandbox: { commands: ["add_device"] } },
    ["INV-014", "PAGE-009", "SYNC-003", "SYNC-008"],
  ],
  [
    "a sandbox that does not remove devices",
    { sandbox: { commands: ["add_device", "move_device"] } },
    ["PAGE-009", "SYNC-003"],
  ],
  [
    "a sandbox with every command",
    { sandbox: { commands: ["add_device", "move_device", "remove_device"] } },
    [],
  ],
  [
    "commands that are not a list",
    { sandbox: { commands: "all" } },
    ["INV-014", "PAGE-009", "SYNC-003", "SYNC-008"],
  ],
])(
  "with %s, requirements that need more commands are not judged, and the reason names the commands",
  (_, more, expected) => {
    const manifest = { ...bare, inventory: { incremental_sync: true }, ...more };
    const { requirements, notJudged } = planFor(["inventory"], undefined, manifest, []);
    const unshown = notJudged.filter(({ reason }) => reason.includes("sandbox.commands"));
    expect(unshown.map(({ requirement: { id } }) => id).toSorted()).toEqual(expected);
    expect(requirements.filter(({ id }) => expected.includes(id))).toEqual([]);
    for (const { reason } of unshown) expect(reason).toMatch(/Offer (?:add|move|remove)_device/);
  },
);

test.each([
  ["is not judged without a sandbox, if every site has devices", {}, null, false],
  ["is judged without a sandbox, if a site has none", {}, "annex", true],
  ["is judged with a sandbox, in which such a site can be expected", { sandbox: {} }, null, true],
])("an empty site %s", (_, more, emptySiteId, isJudged) => {
  const completeness = { emptySiteId, added: [], listing: null, removed: [], again: null, sitesAfter: null };
  const plan = idsOf(planFor(["inventory"], undefined, { ...bare, ...more }, [], { completeness }));
  expect([plan.judged.includes("SITE-007"), plan.notJudged.includes("SITE-007")]).toEqual([
    isJudged,
    !isJudged,
  ]);
});

test.each([
  ["is not judged if nothing can change a device", {}, [], false],
  ["is judged with a sandbox", { sandbox: {} }, [], true],
  ["is judged in a passive window", {}, ["passive_window" as const], true],
])("a listing of changes %s", (_, more, given, isJudged) => {
  const manifest = { ...bare, inventory: { incremental_sync: true }, ...more };
  const full = listing({ device_id: "a" });
  const sync = { full, unchanged: [full], changes: [], madeUp: exchange({}), ofOtherFilters: null };
  const plan = idsOf(planFor(["inventory"], undefined, manifest, given, { sync }));
  expect([plan.judged.includes("SYNC-002"), plan.notJudged.includes("SYNC-002")]).toEqual([
    isJudged,
    !isJudged,
  ]);
});

test("without a manifest, no capability counts as undeclared", () => {
  const unread = idsOf(planFor(["inventory"], undefined, null, []));
  expect(unread.notJudged).toEqual(expect.arrayContaining(["SYNC-004", "AUTH-004", "SEC-005"]));
  expect(unread.judged).toEqual(expect.arrayContaining(["SYNC-001", "INV-018", "INV-014", "PAGE-009"]));
});

test("`only` does not change which requirements are listed as not judged", () => {
  const whole = idsOf(planFor(["health"], undefined, bare, []));
  const single = idsOf(planFor(["health"], ["SIG-001"], bare, []));
  expect(single).toEqual({ judged: ["SIG-001"], notJudged: whole.notJudged });
  expect(whole.judged.filter((id) => whole.notJudged.includes(id))).toEqual([]);
});

test("leaves out what a person cannot do, with the reason, and only that", () => {
  const ids = ["DLV-008", "DLV-012", "DLV-013", "DLV-014"];
  const usual = planFor(["resilience"], undefined, null, []);
  const byHand = planFor(["resilience"], undefined, null, [], {}, "person");
  const added = byHand.notJudged.filter(({ requirement: { id } }) => !idsOf(usual).notJudged.includes(id));
  expect(added.map(({ requirement }) => requirement.id).toSorted()).toEqual(ids);
  for (const { reason } of added) expect(reason).toContain("A person cannot change");
  expect(ids.filter((id) => idsOf(byHand).judged.includes(id))).toEqual([]);
  expect(planFor(["resilience"], undefined, null, [], {}, "command")).toEqual(usual);
});

test("judges requirements about another tenant if its credential was given, and otherwise names the flag", () => {
  const without = planFor(["inventory"], undefined, bare, []);
  const reasons = without.notJudged.filter(({ requirement }) => requirement.id === "SEC-005");
  expect(reasons.map(({ reason }) => reason)).toEqual([expect.stringContaining("--second-api-key")]);
  expect(idsOf(without).judged).not.toContain("SEC-005");
  const whole = idsOf(planFor(["inventory"], undefined, bare, ["second_credential"]));
  expect([whole.judged.includes("SEC-005"), whole.notJudged.includes("SEC-005")]).toEqual([true, false]);
});

test.each<[string, boolean, ("registered_endpoint" | "second_registered_endpoint")[], string[]]>([
  ["one endpoint", false, ["registered_endpoint"], ["DLV-006", "DLV-007", "EVT-009", "SEC-008"]],
  ["two endpoints", false, ["registered_endpoint", "second_registered_endpoint"], ["DLV-006", "SEC-008"]],
  ["endpoints that are not used, because the vendor has an API", true, ["registered_endpoint"], []],
])("registered by hand, %s: lists what they cannot show", (_, managed, endpoints, unseen) => {
  const manifest = { ...bare, webhooks: { endpoint_management: managed }, backfill: {} };
  const of = (given: Parameters<typeof planFor>[3]) =>
    idsOf(planFor(["resilience", "health"], undefined, manifest, ["second_credential", ...given])).notJudged;
  const before = of([]);
  expect(
    of(endpoints)
      .filter((id) => !before.includes(id))
      .toSorted(),
  ).toEqual(unseen);
});
