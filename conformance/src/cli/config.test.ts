import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, onTestFinished, test } from "vitest";
import { API_KEY, expectCivil, standing, startIn, temporaryFolder } from "./testing/world.ts";

/** Inside it, its own name resolves as it does for whoever installed it. */
const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

const campus = () => standing(createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }] }));

/** A folder with files in it. */
async function folderWith(files: Readonly<Record<string, string>>, within?: string): Promise<string> {
  const folder = within ? await mkdtemp(join(within, ".config-")) : await temporaryFolder();
  if (within) onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const print = (folder: string, environment: Readonly<Record<string, string>>, ...args: string[]) =>
  startIn({ folder, environment }, "run", "--print-config", ...args).ended;

describe("a config file", () => {
  test("in TypeScript, with its types, sets a run up; what it names is beside it", async () => {
    const folder = await folderWith(
      {
        "conformance.config.ts": `
          import { type Config, defineConfig } from "@convergint/conformance";
          const config: Config = { target: "${await campus()}", profiles: ["inventory"], reports: { json: "report.json" } };
          export default defineConfig(config);`,
      },
      PACKAGE,
    );
    const environment = { CONFORMANCE_API_KEY: API_KEY };
    const ended = await startIn({ folder, environment }, "run").ended;
    expect(ended.stdout).toMatch(/CERTIFIED {2}inventory/);
    expect(ended.code).toBe(0);
    expectCivil(ended);
    expect(JSON.parse(await readFile(join(folder, "report.json"), "utf8"))).toMatchObject({
      conclusion: "certified",
    });
    const elsewhere = await print(process.cwd(), {}, "--config", join(folder, "conformance.config.ts"));
    expect(elsewhere.stdout).toContain(`json=${join(folder, "report.json")}`);
  });

  test("as the README shows it is one", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const [, sample = ""] = /```typescript\n([\s\S]+?)```/.exec(readme) ?? [];
    const ended = await print(await folderWith({ "conformance.config.ts": sample }, PACKAGE), {});
    expect(ended.stdout).toMatch(/^profiles +health events:alarm /m);
    expect(ended.stderr).toBe("");
  });

  test.each([
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
    ["a member within", "{ reports: { pdf: 'x' } }", ["reports.pdf is unknown; there are json, junit"]],
    ["a member that is none", "{ targett: 'x' }", ["targett is unknown; there are target, profiles"]],
    [
      "several at once",
      "{ target: 'vendor', bundle: 3 }",
      ["target takes an http or https URL", "bundle takes the name of a file."],
    ],
    ["no object", "'https://a.example'", ["the config takes an object."]],
    [
      "a key",
      `{ apiKey: '${API_KEY}' }`,
      ["apiKey is for a secret, and a config file is no place for one", "give it in CONFORMANCE_API_KEY."],
    ],
    [
      "a secret by another name",
      `{ credentials: { second: '${API_KEY}' } }`,
      ["credentials is for a secret"],
    ],
    [
      "a credential in the URL",
      `{ target: 'https://user:${API_KEY}@a.example' }`,
      ["target takes no credential"],
    ],
    [
      "a credential in what is no http",
      `{ target: 'ftp://user:${API_KEY}@a.example' }`,
      ["target takes no credential"],
    ],
  ])("with %s is refused by member, and no value is shown", async (_, content, advice) => {
    const folder = await folderWith({ "conformance.config.mjs": `export default ${content};` });
    const ended = await print(folder, {});
    for (const each of advice) expect(ended.stderr).toContain(`${each}`);
    expect(ended.stderr.trim().split("\n")).toHaveLength(advice.filter((each) => !/^give/.test(each)).length);
    expect(ended.stderr).toMatch(/^conformance\.config\.mjs: /);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expectCivil(ended);
  });

  test.each<[string, Readonly<Record<string, string>>, string[], string]>([
    [
      "two of them",
      { "conformance.config.ts": "export default {};", "conformance.config.json": "{}" },
      [],
      "There are conformance.config.ts and conformance.config.json here: keep one",
    ],
    ["one that is not there", {}, ["--config", "mine.ts"], "There is no config file mine.ts."],
    ["one that is not there, in JSON", {}, ["--config", "a.json"], "There is no config file a.json."],
    ["one of another kind", {}, ["--config", "mine.yaml"], "--config takes a file in .ts, .mjs, .json"],
    ["broken JSON", { "conformance.config.json": "{" }, [], "conformance.config.json cannot be loaded: "],
    [
      "broken TypeScript",
      { "conformance.config.ts": "export default {" },
      [],
      "config.ts cannot be loaded: ",
    ],
    ["one that throws", { "conformance.config.mjs": "throw new Error('no luck')" }, [], "loaded: no luck."],
    [
      "one without a default",
      { "conformance.config.mjs": "export const a = 1" },
      [],
      "has no default export",
    ],
    [
      "an import of what is not installed",
      { "conformance.config.mjs": "import 'not-here'; export default {};" },
      [],
      "install it beside the file",
    ],
  ])("%s: says what to do", async (_, files, args, advice) => {
    const ended = await print(await folderWith(files), {}, ...args);
    expect(ended.stderr).toContain(advice);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expectCivil(ended);
  });
});

describe("what applies", () => {
  const config = {
    "conformance.config.mjs": `export default {
      target: "https://file.example", profiles: ["health"], bundle: "out/b.json", publicUrl: "https://me.example",
    };`,
  };

  test("is what a flag says, else the environment, else the file, else the default; and --print-config says which", async () => {
    const environment = {
      CONFORMANCE_TARGET: "https://environment.example",
      CONFORMANCE_PROFILES: "inventory events:alarm",
      CONFORMANCE_API_KEY: API_KEY,
      // An empty variable says nothing.
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
      withdrawnApiKey: "not set (CONFORMANCE_WITHDRAWN_API_KEY)",
    });
    expect(ended.code).toBe(0);
    expectCivil(ended);
    const asJson = await print(folder, environment, ...args, "--json");
    expectCivil(asJson);
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
    ["a variable", { CONFORMANCE_RECEIVER_PORT: "high" }, "CONFORMANCE_RECEIVER_PORT takes a port number"],
    ["one of a list", { CONFORMANCE_PROFILES: "health gold" }, "CONFORMANCE_PROFILES takes one of inventory"],
    ["a report", { CONFORMANCE_REPORTS: "pdf=x" }, "CONFORMANCE_REPORTS takes FORMAT=FILE"],
  ])("%s of the environment that is wrong is named", async (_, environment, advice) => {
    const ended = await print(await folderWith(config), environment);
    expect(ended.stderr).toContain(advice);
    expect(ended.code).toBe(2);
  });
});
