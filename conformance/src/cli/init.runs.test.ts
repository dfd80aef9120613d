import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Campus, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import {
  API_KEY,
  expectCleanOutput,
  SMALL_CAMPUS,
  serve,
  spawnIn,
  startIn,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";

const campus = (prepare?: (app: Campus["app"]) => void) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    prepare,
  );

const init = (folder: string, ...args: string[]) => startIn({ folder }, "init", ...args).ended;

describe("init", () => {
  test("shows what the manifest declares and writes a config file that run accepts", async () => {
    const [folder, target] = [await temporaryFolder(), await campus()];
    const ended = await init(folder, "--target", target);
    expect(ended.stdout).toContain("✓ sandbox control");
    expect(ended.stdout).toMatch(/^vendor +Example Campus Cloud$/m);
    expect(ended.stdout).toContain("Next: CONFORMANCE_API_KEY=… npx convergint-conformance run\n");
    expect(ended.stdout).not.toContain("allowHosts");
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const written = await readFile(join(folder, "conformance.config.mts"), "utf8");
    expect(written).toContain(`import type { Config } from "@convergint/conformance";`);
    expect(written).toContain(`  target: "${target}",\n  profiles: [\n    "health",\n    "resilience",`);
    const environment = { CONFORMANCE_API_KEY: API_KEY };
    const next = await startIn({ folder, environment }, "run", "--only", "MAN-001").ended;
    expect(next.stdout).toContain(`target   ${target}/`);
    expect(next.stdout).toContain("✓ MAN-001");
  });

  test("writes a config file that run loads in a project of type commonjs, which npm init creates", async () => {
    const [folder, target] = [await temporaryFolder(), await campus()];
    await writeFile(join(folder, "package.json"), `{ "type": "commonjs" }`);
    expect((await init(folder, "--target", target)).code).toBe(0);
    const printed = await spawnIn({ folder }, "run", "--print-config").ended;
    expect(printed.stderr).toBe("");
    expect(printed.stdout).toContain(`${target}   (set by conformance.config.mts)`);
  });

  test.each(["conformance.config.mjs", "conformance.config.json"])(
    "writes %s, and run reads it",
    async (name) => {
      const [folder, target] = [await temporaryFolder(), await campus()];
      expect((await init(folder, "--target", target, "--config", name)).code).toBe(0);
      const printed = await startIn({ folder }, "run", "--print-config").ended;
      expect(printed.stdout).toMatch(new RegExp(`^target +${target}   \\(set by ${name}\\)$`, "m"));
      expect(printed.stdout).toMatch(/^profiles +health resilience events:/m);
    },
  );

  test("writes only the profiles that the manifest claims", async () => {
    const target = await campus((app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
        const { webhooks: _, sandbox: __, ...manifest } = JSON.parse(payload);
        return JSON.stringify({
          ...manifest,
          event_types: [],
          authentication: [{ scheme: "oauth2_client_credentials" }],
          vendor: { id: "x", name: "\u001b[2J Vendor" },
        });
      });
    });
    const folder = await temporaryFolder();
    const ended = await init(folder, "--target", target, "--config", "a.json");
    expect(JSON.parse(await readFile(join(folder, "a.json"), "utf8"))).toEqual({
      target,
      profiles: ["inventory"],
    });
    expect(ended.stdout).toContain("– webhooks");
    expect(ended.stdout).toContain("(see MAN-001): /authentication/0/");
    expect(ended.stdout).toContain(
      "Next: CONFORMANCE_CLIENT_ID=… CONFORMANCE_CLIENT_SECRET=… npx convergint-conformance run --config a.json",
    );
    expect(ended.stdout).not.toContain("\u001b");
  });

  test.each<[string, object[], string]>([
    ["signed tokens", [{ scheme: "signed_jwt" }], "CONFORMANCE_PRIVATE_KEY_FILE=…"],
    [
      "an API key or signed tokens",
      [{ scheme: "signed_jwt" }, { scheme: "bearer" }],
      "CONFORMANCE_API_KEY=…",
    ],
    [
      "an OAuth client with a private key",
      [{ scheme: "oauth2_client_credentials", token_endpoint_auth_methods: ["private_key_jwt"] }],
      "CONFORMANCE_CLIENT_ID=… CONFORMANCE_PRIVATE_KEY_FILE=…",
    ],
  ])("names the variables of %s", async (_, authentication, variables) => {
    const target = await serve((_request, response) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify({ authentication })),
    );
    const { stdout } = await init(await temporaryFolder(), "--target", target);
    expect(stdout).toContain(`Next: ${variables} npx convergint-conformance run`);
  });

  test("overwrites a config file only with --force", async () => {
    const [folder, target] = [await temporaryFolder(), await campus()];
    await writeFile(join(folder, "conformance.config.json"), "{}");
    const refused = await init(folder, "--target", target);
    expect(refused.stderr).toBe("conformance.config.json already exists. Use --force to overwrite it.\n");
    expect(refused.code).toBe(2);
    expect(await readFile(join(folder, "conformance.config.json"), "utf8")).toBe("{}");
    expect((await init(folder, "--target", target, "--force")).code).toBe(0);
    expect(await readdir(folder)).toEqual(["conformance.config.json"]);
    expect(await readFile(join(folder, "conformance.config.json"), "utf8")).toContain(target);
  });

  test("names the hosts that a run calls only if they are allowed", async () => {
    const token_url = "https://login.example.net/token";
    const target = await campus((app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (request.url !== "/.well-known/vendor-cloud" || typeof payload !== "string") return payload;
        const authentication = [{ scheme: "bearer" }, { scheme: "oauth2_client_credentials", token_url }];
        return JSON.stringify({ ...JSON.parse(payload), authentication });
      });
    });
    const { stdout } = await init(await temporaryFolder(), "--target", target);
    expect(stdout.match(/allowHosts/g)).toHaveLength(1);
    expect(stdout).toContain(
      "The manifest names login.example.net, which is outside the domain of the target.",
    );
  });

  test.each<[string, () => Promise<string[]>, number, string]>([
    ["no URL and no terminal", async () => [], 2, "Give the vendor's base URL with --target <url>."],
    ["an invalid URL", async () => ["--target", "vendor"], 2, "--target takes an http or https URL"],
    ["no response", async () => ["--target", "http://127.0.0.1:9"], 3, "No response from"],
    [
      "no manifest",
      async () => ["--target", await serve((_, response) => response.writeHead(404).end())],
      1,
      "returned 404 without a manifest. Serve the manifest at this URL",
    ],
    [
      "a response that is not JSON",
      async () => ["--target", await serve((_, response) => response.end("<html>"))],
      1,
      "returned 200 without a manifest",
    ],
  ])("%s: explains it and writes nothing", async (_, args, code, advice) => {
    const folder = await temporaryFolder();
    const ended = await init(folder, ...(await args()));
    expect(ended.stderr).toContain(advice);
    expect(ended.code).toBe(code);
    expect(await readdir(folder)).toEqual([]);
    expectCleanOutput(ended);
  });
});
