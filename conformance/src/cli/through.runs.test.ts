import { join } from "node:path";
import { createFakeCloud, type FakeCloudName, serveFakeCloud } from "@convergint/testing/fake-cloud";
import { afterEach, expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import { cli, temporaryFolder, virtualClock } from "./testing/harness.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Tests a fake of a vendor's own API through its shipped profile. */
async function runThrough(name: FakeCloudName, ...args: string[]) {
  const cloud = createFakeCloud(name, { now: () => virtualClock.now() });
  const { baseUrl, close } = await serveFakeCloud(cloud);
  closers.push(close);
  const settings = Object.entries(cloud.fixture.settings).flatMap(([key, value]) => [
    "--setting",
    `${key}=${value}`,
  ]);
  const { api_key: key } = cloud.fixture.credential;
  const target = [
    "--target",
    baseUrl,
    "--api-key",
    key,
    "--through",
    name,
    ...settings,
    "--profile",
    "inventory",
    "--seed",
    "1",
  ];
  const ended = await cli("run", ...target, ...args);
  expect(ended.stdout).not.toContain(key);
  return { ...ended, baseUrl, calls: cloud.calls };
}

const failedIn = ({ requirements }: Report) =>
  requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);

test("certifies the inventory of Convergint's page through its profile, and says what the vendor lacks", async () => {
  const bundle = join(await temporaryFolder(), "bundle.json");
  const { code, stdout, stderr, baseUrl } = await runThrough("convergint-page", "--bundle", bundle);
  expect([code, stderr]).toEqual([0, expect.stringContaining("no webhooks are tested")]);
  expect(stdout).toContain("through the profile convergint-page");
  const [, gaps = ""] = stdout.split("What the vendor lacks, and what it costs");
  for (const lack of [
    "covers the timestamp",
    "backfill",
    "pages that all show one moment",
    "replayed at any time",
  ])
    expect(gaps).toContain(lack);

  const regraded = await cli("regrade", bundle, "--json");
  const report: Report = JSON.parse(regraded.stdout);
  expect(report).toMatchObject({ target: `${baseUrl}/`, conclusion: "certified" });
  expect(report.through).toMatchObject({
    profile: "convergint-page",
    digest: expect.stringMatching(/^sha256:/),
  });
  const metBy = Object.fromEntries(report.requirements.map(({ id, met_by }) => [id, met_by]));
  // The shim makes the pages and refuses wrong keys; the devices are the vendor's. A requirement with a warning
  // counts as met by neither.
  expect(metBy).toMatchObject({
    "PAGE-001": "profile",
    "AUTH-001": "profile",
    "INV-001": "vendor",
    "DEV-003": null,
  });
});

test("passes the inventory of a Meraki-shaped cloud", async () => {
  const { code, stdout } = await runThrough("meraki", "--json");
  const report: Report = JSON.parse(stdout);
  expect([code, failedIn(report)]).toEqual([0, []]);
});

test("fails a Verkada-shaped cloud only for what the vendor itself lacks: the status of its doors", async () => {
  const { code, stdout } = await runThrough("verkada", "--json");
  const report: Report = JSON.parse(stdout);
  expect([code, failedIn(report)]).toEqual([1, ["DEV-001"]]);
});

test.each([
  ["an unknown profile", ["--through", "merakki"], "one of convergint-page"],
  ["a missing setting", ["--through", "convergint-page", "--setting", "nothing=1"], "--setting nothing"],
  ["a setting without a profile", ["--setting", "a=1"], "belong to --through"],
  [
    "an endpoint registered by hand, because the shim registers endpoints",
    [
      "--through",
      "meraki",
      "--endpoint-url",
      "https://tunnel.example/",
      "--webhook-secret",
      `whsec_${"A".repeat(32)}`,
    ],
    "Leave out --endpoint-url",
  ],
  ["a file that is no profile", ["--through", "../../../package.json"], "Unknown key"],
])("refuses %s", async (_, args, message) => {
  const { code, stderr } = await cli(
    "run",
    "--target",
    "http://127.0.0.1:1",
    "--api-key",
    "key-of-the-vendor",
    ...args,
  );
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
