import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { inventorySettings, listenSettings, receiverSettings } from "./receiver-settings.ts";
import { listSettings } from "./setting.ts";
import { renderSettingsTable, updateTables } from "./settings-table.ts";
import { configSchema, vendorSettings } from "./vendor-settings.ts";

const README = fileURLToPath(new URL("../../README.md", import.meta.url));

test("the README's tables match the schema; `vitest -u` updates them", async () => {
  const updated = updateTables(await readFile(README, "utf8"), {
    settings: renderSettingsTable(vendorSettings, { hasConfigFile: true }),
    "receiver settings": renderSettingsTable(receiverSettings, { hasConfigFile: false }),
  });
  await expect(updated).toMatchFileSnapshot(README);
});

test.each([
  ["run", vendorSettings],
  ["run receiver", receiverSettings],
  ["inventory", inventorySettings],
  ["listen", listenSettings],
])("%s: every setting has its own flag, variable and description", (_, settings) => {
  const all = listSettings(settings);
  const unique = (values: readonly (string | undefined)[]) =>
    new Set(values.filter((value) => value !== undefined)).size;
  expect(unique(all.map(({ flagName }) => flagName))).toBe(all.length);
  const withVariable = all.filter(({ variable }) => variable !== undefined);
  expect(unique(withVariable.map(({ variable }) => variable))).toBe(withVariable.length);
  for (const { name, flag, description } of all) {
    expect([name, flag]).toEqual([name, expect.stringMatching(/^--[a-z-]+ <[a-z=]+>$/)]);
    expect([name, description]).toEqual([name, expect.stringMatching(/^\S.*[^.\s]$/s)]);
  }
});

test("a config file holds every setting of run except credentials", () => {
  const allowed = listSettings(vendorSettings).filter(({ isCredential }) => !isCredential);
  expect(Object.keys(configSchema.shape)).toEqual(allowed.map(({ name }) => name));
  expect(allowed.every(({ variable }) => variable?.startsWith("CONFORMANCE_"))).toBe(true);
});
