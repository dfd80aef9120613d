import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { inventoryReaders } from "./inventory-readers.ts";
import { measureInRounds } from "./rounds.ts";

const DEVICES = 100_000;
const PAGE_SIZES = [500, 1000];
/** The longest time allowed for the client, as a multiple of the baseline's time. */
const TIME_BAR = 2.5;

const MANY_DEVICES = 1_000_000;
const MEMORY_BAR_MB = 150;
/**
 * Under this load, V8 grows its space for new objects to 128 MB, even if little memory is retained. So the
 * benchmark measures memory twice: with this default, and with the smaller space of older V8 versions. The
 * second result shows how much memory the reader itself needs.
 */
const NURSERIES: Readonly<Record<string, readonly string[]>> = {
  default: [],
  "small young generation": ["--max-semi-space-size=16"],
};

function start(file: string, args: readonly string[] = [], flags: readonly string[] = []): ChildProcess {
  return fork(join(import.meta.dirname, file), args, {
    execArgv: [...process.execArgv, ...flags],
    stdio: "inherit",
  });
}

async function receiveNumber(child: ChildProcess): Promise<number> {
  const [value] = (await once(child, "message")) as [number];
  return value;
}

async function printTimes(base: string, limit: number): Promise<void> {
  const contenders = Object.entries(inventoryReaders).map(([name, read]) => ({
    name,
    once: () => read(`${base}/${DEVICES}`, limit),
  }));
  const measured = await measureInRounds(contenders, { rounds: 5, roundMs: 0, callsPerReading: 1 });
  console.log(
    `\nread ${DEVICES.toLocaleString("en")} devices in pages of ${limit}, time and ratio to the floor (allowed: at most ${TIME_BAR})`,
  );
  const floor = measured[0]?.perSecond ?? 1;
  for (const { name, perSecond } of measured) {
    const ms = Math.round(1000 / perSecond).toLocaleString("en");
    console.log(`  ${name.padEnd(28)} ${ms.padStart(10)} ms  ${(floor / perSecond).toFixed(2)}`);
  }
}

async function printMemory(base: string, limit: number): Promise<void> {
  console.log(
    `\nmemory for ${MANY_DEVICES.toLocaleString("en")} devices in pages of ${limit}, peak growth of RSS (allowed: at most ${MEMORY_BAR_MB} MB)`,
  );
  for (const name of Object.keys(inventoryReaders)) {
    const columns: string[] = [];
    for (const [nursery, flags] of Object.entries(NURSERIES)) {
      const args = [name, `${base}/${MANY_DEVICES}`, String(limit)];
      const megabytes = Math.round((await receiveNumber(start("inventory-memory.ts", args, flags))) / 1e6);
      columns.push(`${String(megabytes).padStart(5)} MB ${nursery}`);
    }
    console.log(`  ${name.padEnd(28)} ${columns.join("  ")}`);
  }
}

/** Measures reading a whole inventory over HTTP, compared with only fetching, parsing and validating its pages. */
export async function inventory(): Promise<void> {
  const vendor = start("inventory-vendor.ts");
  try {
    const base = `http://127.0.0.1:${await receiveNumber(vendor)}`;
    for (const limit of PAGE_SIZES) await printTimes(base, limit);
    for (const limit of PAGE_SIZES) await printMemory(base, limit);
  } finally {
    vendor.kill();
  }
}
