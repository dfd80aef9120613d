import { type Campus, createCampus, createEstate } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import {
  API_KEY,
  expectCleanOutput,
  makePollOnly,
  run,
  runClaimed,
  SMALL_CAMPUS,
  startVendor,
} from "./testing/harness.ts";

const SECOND_KEY = "canary-second-key-0123456789";
const TENANCY = ["SEC-005", "SEC-006", "SEC-007"];
/** The requirement to isolate the webhooks of tenants. */
const WEBHOOK_TENANCY = "SEC-008";

/** Starts a campus with two tenants, or one in which both keys can read everything. */
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
  return startVendor(createCampus({ seed, apiKeys, ...SMALL_CAMPUS }), prepare);
}

test("a second key tests that tenants are isolated", async () => {
  const target = await campus({ isolated: true });
  const ran = await run(target, "--second-api-key", SECOND_KEY, "--json");
  const report = JSON.parse(ran.stdout);
  expect([ran.code, report.conclusion]).toEqual([0, "certified"]);
  const passed = report.requirements.filter(({ verdict }: { verdict: string }) => verdict === "pass");
  expect(passed.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining([...TENANCY, WEBHOOK_TENANCY]),
  );
  expectCleanOutput(ran);
  expect(ran.stdout + ran.stderr).not.toContain(SECOND_KEY);
});

test("certifies a polling-only vendor; webhook tenancy does not apply", async () => {
  const target = await campus({ isolated: true }, makePollOnly);
  const ran = await runClaimed(target, "--second-api-key", SECOND_KEY, "--json");
  const { requirements } = JSON.parse(ran.stdout);
  const found = requirements.find(({ id }: { id: string }) => id === WEBHOOK_TENANCY);
  expect([ran.code, found.verdict]).toEqual([0, "not-applicable"]);
});

test("a second key of a production tenant cannot be tested", async () => {
  const ran = await run(
    await campus({ isolated: true, production: true }),
    ...["--second-api-key", SECOND_KEY, "--profile", "inventory"],
  );
  expect(ran.code).toBe(4);
  expect(ran.stdout).toContain("pass a sandbox key as --second-api-key");
});

test("without a second key the report names the flag", async () => {
  const ran = await run(await campus({ isolated: true }), "--profile", "inventory", "--json");
  const { not_judged } = JSON.parse(ran.stdout);
  const reasons = not_judged.filter(({ id }: { id: string }) => TENANCY.includes(id));
  expect(reasons).toHaveLength(TENANCY.length);
  for (const { reason } of reasons) expect(reason).toContain("--second-api-key");
});

test("fails if both keys see the same data", async () => {
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
  [["--second-api-key", API_KEY], "of another tenant"],
])("%j: exits with 2 and advice", async (args, words) => {
  const ran = await run("http://127.0.0.1:9", ...args);
  expect([ran.code, ran.stderr.includes(words)]).toEqual([2, true]);
  expectCleanOutput(ran);
});
