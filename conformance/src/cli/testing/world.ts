import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Campus } from "@convergint/example-vendor-cloud";
import { afterEach, expect } from "vitest";
import { createReportValidator } from "../../report/testing/report-validator.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** The key that every campus of these tests has issued; it must be seen nowhere. */
export const API_KEY = "canary-key-0123456789";

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  closers.push(() => rm(folder, { recursive: true }));
  return folder;
}

/** Where a command is started, and with what in its environment. */
interface Place {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the command as a process of its own, in a place. */
export function startIn({ folder = process.cwd(), environment = {} }: Place, ...args: string[]) {
  const child = spawn(process.execPath, ["--conditions=@convergint/source", MAIN, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CONFORMANCE_API_KEY: "", CONFORMANCE_CLIENT_ID: "", ...environment },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      output[name] += chunk;
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number, ...output }));
  const saying = async (words: string) => {
    while (!output.stderr.includes(words)) await once(child.stderr, "data");
  };
  return { child, ended, saying, output };
}

/** Starts the command with variables of its environment. */
export const startWith = (environment: Readonly<Record<string, string>>, ...args: string[]) =>
  startIn({ environment }, ...args);

/** Starts the command where there is no config file. */
export const start = (...args: string[]) => startIn({}, ...args);

const isValidReport = await createReportValidator();

/** The command, to its end. Every JSON report that it prints has to be one. */
export async function cli(...args: string[]) {
  const ended = await start(...args).ended;
  if (
    args.includes("--json") &&
    (args[0] === "run" || args[0] === "regrade") &&
    ended.stdout.startsWith("{")
  ) {
    expect(isValidReport(JSON.parse(ended.stdout)), JSON.stringify(isValidReport.errors)).toBe(true);
  }
  return ended;
}

/** `run` with the key that the campus has issued, in every profile that the manifest claims. */
export const runClaimed = (target: string, ...args: string[]) =>
  cli("run", "--target", target, "--api-key", API_KEY, ...args);

/** The same in the baseline, where no other profile is asked for: without waiting for retries. */
export const run = (target: string, ...args: string[]) =>
  runClaimed(
    target,
    ...(args.some((arg) => arg === "--profile" || arg === "--only") ? [] : ["--profile", "health"]),
    ...args,
  );

export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Vendor {
  readonly app: unknown;
  listen(): Promise<string>;
  close(): Promise<void>;
}

/** Starts a vendor for the time of the test. @param prepare adds hooks that make it another one */
export function standing<V extends Vendor>(vendor: V, prepare?: (app: V["app"]) => void): Promise<string> {
  prepare?.(vendor.app);
  closers.push(() => vendor.close());
  return vendor.listen();
}

/** Makes a vendor one that starts on polling: it posts nothing, and has no sandbox to change anything in. */
export const pollOnly = (app: Campus["app"]): void => {
  app.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
    const { webhooks: _, sandbox: __, ...manifest } = JSON.parse(payload);
    manifest.inventory.incremental_sync = false;
    for (const type of manifest.device_types) type.status_from = ["inventory"];
    return JSON.stringify({ ...manifest, event_types: [] });
  });
};

/** What no run may end in, whatever the vendor does. */
export function expectCivil({ stdout, stderr }: { stdout: string; stderr: string }): void {
  expect(stdout + stderr).not.toMatch(/^\s+at .+:\d+:\d+/m);
  expect(stdout + stderr).not.toContain(API_KEY);
  expect(stdout + stderr).not.toContain("whsec_A");
}
