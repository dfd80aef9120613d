import { type Campus, createCampus, createEstate } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import { API_KEY, expectCivil, pollOnly, run, runClaimed, standing } from "./testing/world.ts";

const SECOND_KEY = "canary-second-key-0123456789";
const TENANCY = ["SEC-005", "SEC-006", "SEC-007"];
/** It takes webhooks to see it. */
const OF_WEBHOOKS = "SEC-008";

/** A campus of two tenants, or one in which both keys see everything. */
function campus(
  { isolated, production = false }: { readonly isolated: boolean; readonly production?: boolean },
  prepare?: (app: Campus["app"]) => void,
): Promise<string> {
  const seed = 5;
  const [first, ...others] = createEstate(seed, new Date()).orgs.map(({ org_id }) => org_id);
  const apiKeys = isolated
    ? [
        { key: API_KEY, orgIds: first === undefined ? [] : [first] },
        { key: SECOND_KEY, orgIds: others, production },
      ]
    : [
        { key: API_KEY, orgIds: "all" as const },
        { key: SECOND_KEY, orgIds: "all" as const },
      ];
  return standing(createCampus({ seed, apiKeys }), prepare);
}

test("with a key of another tenant it is judged that neither sees the other's", async () => {
  const target = await campus({ isolated: true });
  const ran = await run(target, "--second-api-key", SECOND_KEY, "--json");
  const report = JSON.parse(ran.stdout);
  expect([ran.code, report.conclusion]).toEqual([0, "certified"]);
  const passed = report.requirements.filter(({ verdict }: { verdict: string }) => verdict === "pass");
  expect(passed.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining([...TENANCY, OF_WEBHOOKS]),
  );
  expectCivil(ran);
  expect(ran.stdout + ran.stderr).not.toContain(SECOND_KEY);
});

test("a vendor that posts nothing posts nothing of another's: it is certified in polling", async () => {
  const target = await campus({ isolated: true }, pollOnly);
  const ran = await runClaimed(target, "--second-api-key", SECOND_KEY, "--json");
  const { requirements } = JSON.parse(ran.stdout);
  const found = requirements.find(({ id }: { id: string }) => id === OF_WEBHOOKS);
  expect([ran.code, found.verdict]).toEqual([0, "not-applicable"]);
});

test("a key that is a sandbox's no more shows no delivery of its own: could not be judged", async () => {
  const ran = await run(
    await campus({ isolated: true, production: true }),
    ...["--second-api-key", SECOND_KEY, "--profile", "inventory"],
  );
  expect(ran.code).toBe(4);
  expect(ran.stdout).toContain("the key of --second-api-key must be a sandbox key");
});

test("without one that is said, with what to give", async () => {
  const ran = await run(await campus({ isolated: true }), "--profile", "inventory", "--json");
  const { not_judged } = JSON.parse(ran.stdout);
  const reasons = not_judged.filter(({ id }: { id: string }) => TENANCY.includes(id));
  expect(reasons).toHaveLength(TENANCY.length);
  for (const { reason } of reasons) expect(reason).toContain("--second-api-key");
});

test("a key that sees the same is a failure, whichever of the two it is", async () => {
  const ran = await run(
    await campus({ isolated: false }),
    "--second-api-key",
    SECOND_KEY,
    "--profile",
    "inventory",
  );
  expect(ran.code).toBe(1);
  expect(ran.stdout).toContain("SEC-005");
  expect(ran.stdout).toContain("Restrict every query to the orgs of the credential");
});

test.each([
  [["--only", "SEC-006"], "--second-api-key"],
  [["--second-api-key", API_KEY], "another tenant's"],
])("%j: exit 2, with what to give", async (args, words) => {
  const ran = await run("http://127.0.0.1:9", ...args);
  expect([ran.code, ran.stderr.includes(words)]).toEqual([2, true]);
  expectCivil(ran);
});
