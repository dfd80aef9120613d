import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Campus } from "@convergint/example-vendor-cloud";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { afterEach, expect } from "vitest";
import type { Clock } from "../../harness/clock.ts";
import { createReportValidator } from "../../report/testing/report-validator.ts";
import type { CliContext } from "../context.ts";
import { execute } from "../execute.ts";

/** The entry of the command. */
export const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** The clock of campuses and in-process runs, on which waits take no time. */
export const virtualClock = createVirtualClock();

/**
 * Options of a campus of 75 devices on the virtual clock; a larger campus makes runs slower without testing
 * more.
 */
export const SMALL_CAMPUS = { maxBuildings: 1, maxChildren: 1, clock: virtualClock } as const;

/** How many devices change at the same time; the test of the README changes as many as a real run. */
const SMALL_BURST = 30;

/** A folder without a config file. */
const EMPTY_FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** The API key of every campus in these tests; no output may contain it. */
export const API_KEY = "canary-key-0123456789";

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Creates a folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  closers.push(() => rm(folder, { recursive: true }));
  return folder;
}

/** Where to run a command, and its environment variables. */
interface Place {
  /** Default: the virtual clock of these tests. */
  readonly clock?: Clock;
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The person at the terminal. Default: standard input is not a terminal. */
  readonly ask?: CliContext["ask"];
}

/** The output of a command so far. */
interface Output {
  stdout: string;
  stderr: string;
}

export interface Ended extends Output {
  readonly code: number;
}

/** A command that is running. */
export interface RunningCommand {
  readonly ended: Promise<Ended>;
  readonly output: Output;
  /** Sends Ctrl-C. */
  readonly interrupt: () => void;
  /** Waits for a text on standard error or standard output; rejects if the command ends before writing it. */
  readonly waitFor: (name: keyof Output, text: string) => Promise<void>;
}

function watch(output: Output, changes: EventEmitter, ended: Promise<Ended>): RunningCommand["waitFor"] {
  return async (name, text) => {
    let hasEnded = false;
    const end = ended.then(() => {
      hasEnded = true;
    });
    while (!output[name].includes(text)) {
      if (hasEnded) throw new Error(`the command ended without ${text}: ${JSON.stringify(output)}`);
      await Promise.race([once(changes, "change"), end]);
    }
  };
}

/** Starts a command in this process. */
export function startIn(
  { folder = process.cwd(), environment = {}, clock = virtualClock, ask = null }: Place,
  ...args: string[]
): RunningCommand {
  const output: Output = { stdout: "", stderr: "" };
  const changes = new EventEmitter();
  const capture = (name: keyof Output) => ({
    write(text: string) {
      output[name] += text;
      changes.emit("change");
    },
  });
  const interruption = new AbortController();
  const context = {
    // A test reads whole lines, and would not see a line that is drawn again.
    environment: ask ? { ...environment, TERM: "dumb" } : environment,
    folder,
    stdout: capture("stdout"),
    stderr: { ...capture("stderr"), isTTY: ask !== null },
    ask,
    watchInterrupt: () => ({ signal: interruption.signal, release: () => {} }),
    clock,
    burst: SMALL_BURST,
    exitCode: 0,
  };
  const work = () => execute(args, context);
  const ended = (clock === virtualClock ? virtualClock.run(work) : work()).then((code) => ({
    code,
    ...output,
  }));
  return {
    ended,
    output,
    interrupt: () => interruption.abort(new Error("interrupted")),
    waitFor: watch(output, changes, ended),
  };
}

/** Starts a command in a separate process, for tests of process behavior. */
export function spawnIn({ folder = process.cwd(), environment = {} }: Place, ...args: string[]) {
  const child = spawn(process.execPath, ["--conditions=@convergint/source", MAIN, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CONFORMANCE_API_KEY: "", CONFORMANCE_CLIENT_ID: "", ...environment },
  });
  closers.push(() => child.kill("SIGKILL"));
  const output: Output = { stdout: "", stderr: "" };
  const changes = new EventEmitter();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      output[name] += chunk;
      changes.emit("change");
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number, ...output }));
  return {
    child,
    ended,
    output,
    interrupt: () => child.kill("SIGINT"),
    waitFor: watch(output, changes, ended),
  } satisfies RunningCommand & { readonly child: typeof child };
}

/** Starts a command without a config file or environment variables. */
export const start = (...args: string[]) => startIn({ folder: EMPTY_FOLDER }, ...args);

const isValidReport = await createReportValidator();

/** Runs a command to its end, and validates the JSON report that it prints. */
export async function cli(...args: string[]): Promise<Ended> {
  const ended = await start(...args).ended;
  if (
    args.includes("--json") &&
    !args.includes("--fuzz") &&
    (args[0] === "run" || args[0] === "regrade") &&
    ended.stdout.startsWith("{")
  ) {
    expect(isValidReport(JSON.parse(ended.stdout)), JSON.stringify(isValidReport.errors)).toBe(true);
  }
  return ended;
}

/** Runs the command `run` with the API key of the campus, in every profile that the manifest claims. */
export const runClaimed = (target: string, ...args: string[]) =>
  cli("run", "--target", target, "--api-key", API_KEY, ...args);

/**
 * Runs the command `run`. Unless the arguments choose other profiles, it uses the profile `health`, which never
 * waits for retries.
 */
export const run = (target: string, ...args: string[]) =>
  runClaimed(
    target,
    ...(args.some((arg) => arg === "--profile" || arg === "--only") ? [] : ["--profile", "health"]),
    ...args,
  );

/** Starts an HTTP server and closes it at the end of the test. */
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

/**
 * Starts a vendor and closes it at the end of the test.
 *
 * @param prepare adds hooks that change its behavior
 */
export function startVendor<V extends Vendor>(vendor: V, prepare?: (app: V["app"]) => void): Promise<string> {
  prepare?.(vendor.app);
  closers.push(() => vendor.close());
  return vendor.listen();
}

/** Removes webhooks and sandbox from the manifest, to imitate a vendor that offers only polling. */
export const makePollOnly = (app: Campus["app"]): void => {
  app.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
    const { webhooks: _, sandbox: __, ...manifest } = JSON.parse(payload);
    manifest.inventory.incremental_sync = false;
    for (const type of manifest.device_types) type.status_from = ["inventory"];
    return JSON.stringify({ ...manifest, event_types: [] });
  });
};

/** Expects output without stack traces and secrets. */
export function expectCleanOutput({ stdout, stderr }: { stdout: string; stderr: string }): void {
  expect(stdout + stderr).not.toMatch(/^\s+at .+:\d+:\d+/m);
  expect(stdout + stderr).not.toContain(API_KEY);
  expect(stdout + stderr).not.toContain("whsec_A");
}
