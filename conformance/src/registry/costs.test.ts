import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { EVENT_TYPES } from "@convergint/schemas";
import { expect, test } from "vitest";
import type { TriggerKind } from "../evidence/trigger-record.ts";
import { planFor } from "../suite/plan.ts";
import { type Prerequisite, prerequisiteNames } from "./prerequisites.ts";
import { findClaimedProfiles, vendorProfileNames } from "./profiles.ts";
import { requirements as all, type Requirement } from "./requirements.ts";

const PAGE = fileURLToPath(new URL("../../../spec/1.0/first-steps.md", import.meta.url));

const requirements = all.filter(({ actor }) => actor === "vendor");

/** Shortens three or more ids with consecutive numbers: `EVT-001 to EVT-004`. Each id links to its requirement. */
function writeIds(ids: readonly string[]): string {
  const link = (id: string) => `[${id}](contract.md#${id.toLowerCase()})`;
  const runs: string[][] = [];
  for (const id of ids.toSorted()) {
    const last = runs.at(-1)?.at(-1);
    const [prefix, number] = [id.slice(0, -3), Number(id.slice(-3))];
    if (last?.slice(0, -3) === prefix && Number(last.slice(-3)) === number - 1) runs.at(-1)?.push(id);
    else runs.push([id]);
  }
  return runs
    .map((run) =>
      run.length > 2 ? `${link(run[0] ?? "")} to ${link(run.at(-1) ?? "")}` : run.map(link).join(", "),
    )
    .join(", ");
}

const idsOf = (group: readonly Requirement[]) => writeIds(group.map(({ id }) => id));

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  [titles, titles.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const EVERYTHING = { webhooks: true, backfill: true, eventTypes: EVENT_TYPES.map(({ type }) => type) };

/** Names the profiles that a vendor cannot be certified in without this part of the manifest. */
function profilesWithout(capability: string): string {
  if (!Object.hasOwn(EVERYTHING, capability)) return "";
  const left = findClaimedProfiles({ ...EVERYTHING, [capability]: false }, []);
  const lost = findClaimedProfiles(EVERYTHING, []).filter((profile) => !left.includes(profile));
  return [...new Set(lost.map((profile) => profile.replace(/:.*/, ":…")))]
    .map((profile) => `\`${profile}\``)
    .join(", ");
}

/** A manifest that declares everything. */
const MANIFEST = {
  authentication: [
    {
      scheme: "oauth2_client_credentials",
      token_endpoint_auth_methods: [{ scheme: "private_key_jwt" }],
    },
    { scheme: "signed_jwt" },
  ],
  inventory: { incremental_sync: true, conditional_requests: true, system_filter: true },
  webhooks: { endpoint_management: true, batching: true },
  backfill: {},
  sandbox: { commands: ["status", "events", "add_device", "move_device", "remove_device"] },
};
const WITHOUT_ENDPOINTS = { ...MANIFEST, webhooks: { ...MANIFEST.webhooks, endpoint_management: false } };
/** What a run of that vendor is given if nothing is missing. */
const BY_API = prerequisiteNames.filter((name) => !/endpoint|window/.test(name));

/** Returns what a run does not test of a vendor that offers everything. */
const notTested = (
  given: readonly Prerequisite[] = BY_API,
  { manifest = MANIFEST, trigger = null }: { manifest?: object; trigger?: TriggerKind | null } = {},
) => planFor(vendorProfileNames, undefined, { ...manifest }, given, {}, trigger).notJudged;

/** Lists what a run does not test although a run with nothing missing does, by the reason. */
function listLosses(lacking: ReturnType<typeof notTested>): (readonly string[])[] {
  const always = new Set(notTested().map(({ requirement }) => requirement.id));
  const lost = lacking.filter(({ requirement }) => !always.has(requirement.id));
  return [...Map.groupBy(lost, ({ reason }) => reason)].map(([reason, group]) => [
    reason
      .replace(/^This requirement needs (.)/, (_, first: string) => first.toUpperCase())
      .replaceAll(/--[a-z-]+/g, "`$&`"),
    idsOf(group.map(({ requirement }) => requirement)),
  ]);
}

/** Renders what a vendor loses without each part of the manifest, each input of a run and each sandbox command. */
function renderCosts(): string {
  const byCapability = Map.groupBy(
    requirements.filter(({ capability }) => capability !== null),
    ({ capability }) => capability ?? "",
  );
  const capabilities = [...byCapability].map(([capability, group]) => [
    `\`${capability}\``,
    profilesWithout(capability),
    idsOf(group),
  ]);
  return [
    "If the manifest does not declare one of these, its requirements do not apply. You lose nothing else, except the profiles named here:",
    table(["the manifest declares no", "you cannot be certified for", "these do not apply"], capabilities),
    "Other requirements do apply, but a run can test them only with something more. Without it, the report and the certificate list them as not tested:",
    table(
      ["what a run needs", "otherwise not tested"],
      [
        ...listLosses(notTested([])),
        ...listLosses(notTested(BY_API, { manifest: { ...MANIFEST, sandbox: {} } })),
      ],
    ),
    "If the vendor has no API for endpoints, a run uses endpoints that were registered by hand. These cannot be tested, or only with a second one:",
    table(
      ["why", "not tested"],
      listLosses(notTested([...BY_API, "registered_endpoint"], { manifest: WITHOUT_ENDPOINTS })),
    ),
    "If the vendor has no sandbox, and a person changes the devices (`--ask-person`):",
    table(["why", "not tested"], listLosses(notTested(BY_API, { trigger: "person" }))),
    "If nothing changes the devices, and a run of production only observes (`--observe`, with two endpoints that were registered by hand):",
    table(
      ["why", "not tested"],
      listLosses(
        notTested([...BY_API, "registered_endpoint", "second_registered_endpoint", "passive_window"], {
          manifest: WITHOUT_ENDPOINTS,
        }),
      ),
    ),
    `[SITE-007](contract.md#site-007) needs a tenant with a site that has no devices. Without a sandbox and without such a site, it is not tested.`,
  ].join("\n\n");
}

test("the page of first steps shows what the registry says; `vitest -u` updates it", async () => {
  const page = await readFile(PAGE, "utf8");
  const section = /(<!-- costs: [^\n]*-->\n)[\s\S]*?(<!-- \/costs -->)/;
  expect(page).toMatch(section);
  const updated = page.replace(
    section,
    (_, start: string, end: string) => `${start}\n${renderCosts()}\n\n${end}`,
  );
  await expect(updated).toMatchFileSnapshot(PAGE);
});
