import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../harness/clock.ts";
import {
  API_KEY,
  expectCleanOutput,
  SMALL_CAMPUS,
  spawnIn,
  startIn,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";

/** The folder in which the package can be imported by its name, as after an installation. */
const PACKAGE_FOLDER = fileURLToPath(new URL("../../", import.meta.url));

/** On the real clock, because the run is a separate process: the virtual clock of this process may be hours ahead. */
const campus = () =>
  startVendor(
    createCampus({
      ...SMALL_CAMPUS,
      clock: systemClock,
      seed: 11,
      apiKeys: [{ key: API_KEY, orgIds: "all" }],
    }),
  );

/** Creates a folder with files. */
async function folderWith(files: Readonly<Record<string, string>>, within?: string): Promise<string> {
  const folder = within ? await mkdtemp(join(within, ".config-")) : await temporaryFolder();
  if (within) onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const print = (folder: string, environment: Readonly<Record<string, string>>, ...args: string[]) =>
  startIn({ folder, environment }, "run", "--print-config", ...args).ended;

describe("a config file", () => {
  test("in TypeScript configures a run; its paths are relative to it", async () => {
    const folder = await folderWith(
      {
        "conformance.config.ts": `
          import { type Config, defineConfig } from "@convergint/conformance";
          const config: Config = { target: "${await campus()}", profiles: ["inventory"], reports: { json: "report.json" } };
          export default defineConfig(config);`,
      },
      PACKAGE_FOLDER,
    );
    const environment = { CONFORMANCE_API_KEY: API_KEY };
    const ended = await spawnIn({ folder, environment }, "run").ended;
    expect(ended.stdout).toMatch(/CERTIFIED {2}inventory/);
    expect(ended.code).toBe(0);
    expectCleanOutput(ended);
    expect(JSON.parse(await readFile(join(folder, "report.json"), "utf8"))).toMatchObject({
      conclusion: "certified",
    });
    const elsewhere = await print(process.cwd(), {}, "--config", join(folder, "conformance.config.ts"));
    expect(elsewhere.stdout).toContain(`json=${join(folder, "report.json")}`);
  });

  test("the README's example is valid", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const [, sample = ""] = /```typescript\n([\s\S]+?)```/.exec(readme) ?? [];
    const folder = await folderWith({ "conformance.config.mts": sample }, PACKAGE_FOLDER);
    const ended = await spawnIn({ folder }, "run", "--print-config").ended;
    expect(ended.stdout).toMatch(/^profiles +health events:alarm /m);
    expect(ended.stderr).toBe("");
  });

  test.each([
    ["conformance.config.mts", `export default { target: "https://a.example" } as const;`],
    ["conformance.config.ts", `export default { target: "https://a.example" } as const;`],
    ["conformance.config.mjs", `export default { target: "https://a.example" };`],
    ["conformance.config.json", `{ "target": "https://a.example" }`],
  ])("is found as %s", async (name, content) => {
    const ended = await print(await folderWith({ [name]: content }), {});
    expect(ended.stdout).toMatch(new RegExp(`^config file +${name}$`, "m"));
    expect(ended.stdout).toMatch(new RegExp(`^target +https://a.example +\\(set by ${name}\\)$`, "m"));
    expect(ended.code).toBe(0);
  });

  test.each<[string, string, string[]]>([
    ["a value of another type", "{ receiverPort: 'any' }", ["receiverPort takes a port number"]],
    [
      "an entry of a list",
      "{ profiles: ['health', 'gold'] }",
      ["profiles[1] takes one of inventory, health"],
    ],
    [
      "an unknown nested member",
      "{ reports: { pdf: 'x' } }",
      ["reports.pdf is not a known setting. Known settings: json, junit"],
    ],
    [
      "an unknown member",
      "{ targett: 'x' }",
      ["targett is not a known setting. Known settings: target, through"],
    ],
    [
      "several at once",
      "{ target: 'vendor', bundle: 3 }",
      ["target takes an http or https URL", "bundle takes a file name."],
    ],
    ["not an object", "'https://a.example'", ["the config takes an object."]],
    [
      "a key",
      `{ apiKey: '${API_KEY}' }`,
      [
        "apiKey is a credential and must not be in a config file. Remove it and set it in CONFORMANCE_API_KEY.",
      ],
    ],
    [
      "a credential with another name",
      `{ credentials: { second: '${API_KEY}' } }`,
      ["credentials is a credential and must not be in a config file"],
    ],
    [
      "a credential in the URL",
      `{ target: 'https://user:${API_KEY}@a.example' }`,
      ["target must not contain a credential"],
    ],
    [
      "a credential in a URL other than http",
      `{ target: 'ftp://user:${API_KEY}@a.example' }`,
      ["target must not contain a credential"],
    ],
  ])("rejects %s by member name, without its value", async (_, content, advice) => {
    const folder = await folderWith({ "conformance.config.mjs": `export default ${content};` });
    const ended = await print(folder, {});
    for (const each of advice) expect(ended.stderr).toContain(each);
    expect(ended.stderr.trim().split("\n")).toHaveLength(advice.length);
    expect(ended.stderr).toMatch(/^conformance\.config\.mjs: /);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expectCleanOutput(ended);
  });

  test.each<[string, Readonly<Record<string, string>>, string[], string]>([
    [
      "two config files",
      { "conformance.config.ts": "export default {};", "conformance.config.json": "{}" },
      [],
      "Found conformance.config.ts and conformance.config.json. Keep one",
    ],
    ["a missing file", {}, ["--config", "mine.ts"], "Config file not found: mine.ts."],
    ["a missing JSON file", {}, ["--config", "a.json"], "Config file not found: a.json."],
    ["another file type", {}, ["--config", "mine.yaml"], "--config takes a .mts, .ts, .mjs, .json file"],
    ["broken JSON", { "conformance.config.json": "{" }, [], "Cannot load conformance.config.json: "],
    [
      "broken TypeScript",
      { "conformance.config.ts": "export default {" },
      [],
      "Cannot load conformance.config.ts: ",
    ],
    [
      "TypeScript in a project of type commonjs",
      { "conformance.config.ts": "export default {};", "package.json": `{ "type": "commonjs" }` },
      [],
      "so rename the file to conformance.config.mts.",
    ],
    [
      "a file that throws",
      { "conformance.config.mjs": "throw new Error('no luck')" },
      [],
      "Cannot load conformance.config.mjs: no luck.",
    ],
    [
      "a file without a default export",
      { "conformance.config.mjs": "export const a = 1" },
      [],
      "has no default export",
    ],
    [
      "an import that is not installed",
      { "conformance.config.mjs": "import 'not-here'; export default {};" },
      [],
      "install the package next to the config file",
    ],
  ])("%s: says what to do", async (_, files, args, advice) => {
    const start = /mjs|ts/.test(Object.keys(files).join()) ? spawnIn : startIn;
    const ended = await start({ folder: await folderWith(files) }, "run", "--print-config", ...args).ended;
    expect(ended.stderr).toContain(advice);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expectCleanOutput(ended);
  });
});

describe("settings", () => {
  const config = {
    "conformance.config.mjs": `export default {
      target: "https://file.example", profiles: ["health"], bundle: "out/b.json", publicUrl: "https://me.example",
    };`,
  };

  test("flags override the environment, then the file, then defaults; --print-config shows the source", async () => {
    const environment = {
      CONFORMANCE_TARGET: "https://environment.example",
      CONFORMANCE_PROFILES: "inventory events:alarm",
      CONFORMANCE_API_KEY: API_KEY,
      // An empty variable counts as unset.
      CONFORMANCE_BUNDLE: "",
    };
    const args = ["--target", "https://flag.example", "--second-api-key", `${API_KEY}-2`];
    const folder = await folderWith(config);
    const ended = await print(folder, environment, ...args);
    const lines = new Map(ended.stdout.split("\n").map((line) => [line.split(" ")[0], line.slice(18)]));
    expect(Object.fromEntries(lines)).toMatchObject({
      target: "https://flag.example   (set by --target)",
      profiles: "inventory events:alarm   (set by CONFORMANCE_PROFILES)",
      bundle: "out/b.json   (set by conformance.config.mjs)",
      receiverPort: "0   (set by default)",
      reports: "not set (--report <format=file>, CONFORMANCE_REPORTS)",
      apiKey: "set by CONFORMANCE_API_KEY",
      secondApiKey: "set by --second-api-key",
      withdrawnApiKey: "not set (--withdrawn-api-key <key>, CONFORMANCE_WITHDRAWN_API_KEY)",
    });
    expect(ended.code).toBe(0);
    expectCleanOutput(ended);
    const asJson = await print(folder, environment, ...args, "--json");
    expectCleanOutput(asJson);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      config_file: "conformance.config.mjs",
      settings: {
        target: { values: ["https://flag.example"], set_by: { kind: "flag", name: "--target" } },
        receiverPort: { values: ["0"], set_by: { kind: "default" } },
        reports: { values: null, set_by: null },
      },
      credentials: { apiKey: { set_by: "CONFORMANCE_API_KEY" }, clientId: { set_by: null } },
    });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["a number", { CONFORMANCE_RECEIVER_PORT: "high" }, "CONFORMANCE_RECEIVER_PORT takes a port number"],
    ["a list entry", { CONFORMANCE_PROFILES: "health gold" }, "CONFORMANCE_PROFILES takes one of inventory"],
    ["a report", { CONFORMANCE_REPORTS: "pdf=x" }, "CONFORMANCE_REPORTS takes FORMAT=FILE"],
  ])("names the environment variable with an invalid value: %s", async (_, environment, advice) => {
    const ended = await print(await folderWith(config), environment);
    expect(ended.stderr).toContain(advice);
    expect(ended.code).toBe(2);
  });
});
