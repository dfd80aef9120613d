import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

const start = (args: string[], env: Record<string, string> = {}) => {
  const { CAMPUS_API_KEY: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ["--conditions=@convergint/source", MAIN, ...args], {
    env: { ...inherited, ...env },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const exited = once(child, "close").then(([code]) => ({ code, ...output }));
  const listening = once(child.stdout, "data").then(() => JSON.parse(output.stdout));
  return { child, exited, listening };
};

const orgNames = async (baseUrl: string, key: string) => {
  const response = await fetch(`${baseUrl}/v1/orgs`, { headers: { authorization: `Bearer ${key}` } });
  const { data } = (await response.json()) as { data: { name: string }[] };
  return data.map(({ name }) => name).sort();
};

describe("campus", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints one line, never the key, and ends cleanly on %s",
    async (signal) => {
      const { child, exited, listening } = start(["--seed", "3", "--api-key", "k-one"]);
      const summary = await listening;
      expect(summary).toMatchObject({ seed: 3, devices: 1200, sites: 6, orgs: 2 });
      expect(await orgNames(summary.base_url, "k-one")).toEqual(["Lakeshore Health", "Lakeshore University"]);
      child.kill(signal);
      const { code, stdout, stderr } = await exited;
      expect({ code, stderr, lines: stdout.split("\n").length }).toEqual({ code: 0, stderr: "", lines: 2 });
      expect(stdout).not.toContain("k-one");
    },
  );

  it("gives a second tenant an org of its own", async () => {
    const { child, exited, listening } = start(["--second-api-key", "k-two"], { CAMPUS_API_KEY: "k-one" });
    const { base_url } = await listening;
    expect(await orgNames(base_url, "k-one")).toEqual(["Lakeshore University"]);
    expect(await orgNames(base_url, "k-two")).toEqual(["Lakeshore Health"]);
    child.kill("SIGTERM");
    expect(await exited).toMatchObject({ code: 0 });
  });

  it.each([
    ["no key", [], "--api-key KEY"],
    ["one key for both tenants", ["--api-key", "k", "--second-api-key", "k"], "--second-api-key"],
    ["a key that fits no header", ["--api-key", "two words"], "--api-key"],
    ["a wrong port", ["--api-key", "k", "--port", "70000"], "0 to 65535"],
    ["a wrong seed", ["--api-key", "k", "--seed", "one"], "--seed"],
    ["an unknown flag", ["--api-key", "k", "--fast"], "--fast"],
  ])("refuses %s with exit code 2 and says what to do", async (_, args, hint) => {
    const { code, stdout, stderr } = await start(args).exited;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(hint);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("says in one line that the port is taken", async () => {
    const first = start(["--api-key", "k"]);
    const { base_url } = await first.listening;
    const second = await start(["--api-key", "k", "--port", new URL(base_url).port]).exited;
    first.child.kill("SIGTERM");
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^campus: .*already in use.*\n$/);
    await first.exited;
  });
});
