/** Certifies this cloud: the suite calls it, commands its simulated devices and receives its webhooks, for about a minute. */
import { equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startVendor } from "./vendor.ts";

const CONFORMANCE = fileURLToPath(new URL("main.js", import.meta.resolve("@convergint/conformance")));
const KEYS = {
  CONFORMANCE_API_KEY: "key-of-your-orgs",
  CONFORMANCE_SECOND_API_KEY: "key-of-another-customer",
  CONFORMANCE_PRODUCTION_API_KEY: "key-of-production",
  CONFORMANCE_WITHDRAWN_API_KEY: "key-that-was-revoked",
};

test("is certified", async () => {
  const estate = JSON.parse(readFileSync(new URL("devices.json", import.meta.url), "utf8"));
  const orgIds = estate.orgs.map((org: { org_id: string }) => org.org_id);
  // The suite needs a site without devices, and another customer, whose devices must stay invisible.
  const other = { org_id: "test-org", site_id: "test-site", type: estate.devices[0].type };
  const place = { address: { city: "Madison" }, timezone: "America/Chicago" };
  estate.orgs.push({ org_id: other.org_id, name: "Another customer" });
  estate.sites.push({ site_id: "test-annex", org_id: orgIds[0], name: "Site without devices", ...place });
  estate.sites.push({
    site_id: other.site_id,
    org_id: other.org_id,
    name: "Site of another customer",
    ...place,
  });
  for (const [number, name] of ["One", "Two"].entries())
    estate.devices.push({
      ...other,
      device_id: `test-${number}`,
      name,
      mac_addresses: [`02:00:00:00:01:0${number}`],
    });
  const vendor = await startVendor({
    estate,
    keys: [
      { key: KEYS.CONFORMANCE_API_KEY, orgIds },
      { key: KEYS.CONFORMANCE_SECOND_API_KEY, orgIds: [other.org_id] },
      { key: KEYS.CONFORMANCE_PRODUCTION_API_KEY, orgIds, production: true },
    ],
    sandbox: true,
  });
  try {
    mkdirSync("reports", { recursive: true });
    const reports = [
      "--report",
      "html=reports/conformance.html",
      "--report",
      "junit=reports/conformance.xml",
    ];
    const run = spawn(process.execPath, [CONFORMANCE, "run", "--target", vendor.url, ...reports], {
      env: { ...process.env, ...KEYS },
      stdio: "inherit",
    });
    const [code] = await once(run, "exit");
    equal(code, 0, "Not certified: the output above and reports/conformance.html say why.");
  } finally {
    await vendor.close();
  }
});
