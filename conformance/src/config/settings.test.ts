import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { devSettings, inventorySettings, listenSettings, receiverSettings } from "./receiver-settings.ts";
import { listSettings, type Settings } from "./setting.ts";
import { configSchema, vendorSettings } from "./vendor-settings.ts";

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

/** Renders the README's table of settings. @param hasConfigFile whether to name the members of the config file */
function renderSettingsTable(
  settings: Settings,
  { hasConfigFile }: { readonly hasConfigFile: boolean },
): string {
  const rows = listSettings(settings).map((setting) => {
    const { name, flag, variable, description, fallback, otherwise, isCredential } = setting;
    const standard = fallback === undefined ? (otherwise ?? "") : code(fallback);
    return [
      code(flag),
      variable === undefined ? "" : code(variable),
      ...(hasConfigFile ? [isCredential ? "" : code(name)] : []),
      description,
      standard,
    ];
  });
  const titles = ["flag", "variable", ...(hasConfigFile ? ["config file"] : []), "meaning", "default"];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(titles), `|${"---|".repeat(titles.length)}`, ...rows.map(line)].join("\n");
}

/** Replaces the generated tables in a README. */
function updateTables(readme: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const section = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!section.test(text)) throw new Error(`the README has no section ${name}`);
    return text.replace(section, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
  }, readme);
}

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
  ["dev", devSettings],
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
