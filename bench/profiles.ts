import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Expression, guardEach } from "@convergint/profiles";
import { eventRequests, pageRequests } from "./ingest-events.ts";
import { type Contender, measureInRounds, print, start } from "./ingest-rounds.ts";

const PROFILE = "convergint-page";
const CONNECTIONS = 256;
const EVENTS = 10_000;
const DEVICES = 100_000;
const ROUNDS = 3;
const ALLOWED = { receive: 0.6, sync: 2, endlessMs: 50 };

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Expressions that run for hours on {@link ENDLESS_ITEM}: a regular expression, and two loops in each other. */
const ENDLESS = ["item.name.matches('^(a+)+$')", "item.ports.all(a, item.ports.all(b, a + b >= 0.0))"];
const ENDLESS_ITEM = {
  name: `${"a".repeat(40)}!`,
  ports: Array.from({ length: 100_000 }, (_, index) => index),
};

/** Evaluates an endless expression in a full group, as the listing of an inventory does. @returns milliseconds until it is blamed */
function stopEndless(source: string): number {
  const expression = new Expression(source);
  expression.compile({ file: "", line: 1, column: 1, path: "" }, ["item"], Date.now);
  const begun = performance.now();
  try {
    guardEach(Array(100).fill(ENDLESS_ITEM), (item: object) => expression.evaluate({ item }));
  } catch {
    return performance.now() - begun;
  }
  throw new Error(`Ended by itself: ${source}`);
}

/** Onboards a vendor in a new process, which reads its whole inventory. @returns the processor time that this took */
async function onboard(file: string, baseUrl: string, profile: string): Promise<number> {
  const server = await start("./ingest-server.ts", file, "events", baseUrl, profile);
  await server.stop();
  return server.onboardSeconds ?? Number.NaN;
}

/** Compares a vendor with a profile with one that serves the contract: accepted events per second, and the first sync. */
export async function profiles(): Promise<void> {
  for (const source of ENDLESS) {
    const times = Array.from({ length: 9 }, () => stopEndless(source));
    console.log(`stopped after ${median(times).toFixed(0)} ms (allowed: ${ALLOWED.endlessMs}): ${source}`);
  }

  const folder = await mkdtemp(join(tmpdir(), "bench-profiles-"));
  const file = () => join(folder, `${randomUUID()}.db`);
  const contender = (name: string, profile: string): Contender => ({
    name,
    start: () => start("./ingest-server.ts", file(), "events", "", profile),
  });
  const vendor = fork(join(import.meta.dirname, "inventory-vendor.ts"), { stdio: "inherit" });
  try {
    const [port] = (await once(vendor, "message")) as [number];
    const loads = await measureInRounds(
      [contender("the contract", ""), contender(`profile ${PROFILE}`, PROFILE)],
      async ({ path, secret, profile }) =>
        profile ? pageRequests(EVENTS, path, secret) : eventRequests(EVENTS, path, secret),
      CONNECTIONS,
    );
    print(`single events on SQLite, ${CONNECTIONS} in flight (allowed: ${ALLOWED.receive})`, loads);

    const ratios: number[] = [];
    const devices = (count: number, profile: string) =>
      onboard(file(), `http://127.0.0.1:${port}/${count}`, profile);
    for (let round = 0; round < ROUNDS; round += 1) {
      const [contract, byProfile] = [await devices(DEVICES, ""), await devices(DEVICES, PROFILE)];
      ratios.push(byProfile / contract);
      console.log(
        `  ${DEVICES} devices: ${contract.toFixed(1)} s by the contract, ${byProfile.toFixed(1)} s by the profile`,
      );
    }
    console.log(
      `processor time to onboard ${DEVICES} devices: ${median(ratios).toFixed(2)} times that of the contract (allowed: ${ALLOWED.sync})`,
    );
  } finally {
    vendor.kill();
    await rm(folder, { recursive: true, force: true });
  }
}
