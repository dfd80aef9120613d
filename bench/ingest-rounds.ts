import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Load, load } from "./http-load.ts";

const ROUNDS = 5;

/** The delay of a program's event loop in milliseconds, and its processor time on all threads and on that of the event loop. */
export interface Usage {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly cpuSeconds: number;
  readonly loopSeconds: number;
}

/** A program under load. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly secret: string;
  /** Absent for a vendor that serves the contract. */
  readonly profile?: string;
  /** Processor time that the ingestion server needed to onboard its vendor, first sync included. Only that server reports it. */
  readonly onboardSeconds?: number;
  /** Returns what the program used since the last call. Only the ingestion server reports it. */
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** Compares two results of the same round, so that a drift of the machine's speed affects both of them. */
export async function start(program: string, ...args: readonly string[]): Promise<Target> {
  const file = new URL(program, import.meta.url).pathname;
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@convergint/source", file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!child.stdout) throw new Error("The child process has no standard output.");
  const lines = createInterface(child.stdout);
  const [line] = await Promise.race([once(lines, "line"), once(child, "exit").then(() => ["null"])]);
  const ready = JSON.parse(line) as { port: number; path: string; secret?: string } | null;
  if (!ready) throw new Error(`${program} exited before it listened.`);
  return {
    secret: args[0] ?? "",
    ...ready,
    async usage() {
      const reported = once(lines, "line");
      child.kill("SIGUSR2");
      return JSON.parse((await reported)[0]);
    },
    async stop() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** One of the programs to compare. */
export interface Contender {
  readonly name: string;
  readonly start: () => Promise<Target>;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/**
 * Measures all contenders in alternating rounds. Each contender runs in its own warmed-up process, with a
 * store that already contains data.
 */
export async function measureInRounds(
  contenders: readonly Contender[],
  requests: (target: Target) => Promise<readonly Buffer[]>,
  connections: number,
): Promise<ReadonlyMap<string, readonly Load[]>> {
  const loads = new Map<string, Load[]>(contenders.map(({ name }) => [name, []]));
  const targets: Target[] = [];
  try {
    for (const contender of contenders) targets.push(await contender.start());
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [index, { name }] of contenders.entries()) {
        const target = targets[index];
        if (!target) continue;
        const measured = await load(target.port, await requests(target), connections);
        // The first round is a warm-up and is not counted.
        if (round > 0) loads.get(name)?.push(measured);
      }
    }
  } finally {
    await Promise.all(targets.map((target) => target.stop()));
  }
  return loads;
}

/** Prints the medians, with the ratio to the first contender. */
export function print(
  title: string,
  loads: ReadonlyMap<string, readonly Load[]>,
  eventsPerRequest = 1,
): void {
  console.log(`\n${title}`);
  const [first = []] = loads.values();
  for (const [name, rounds] of loads) {
    // Compares within a round, so that a drift of the machine's speed affects both measurements.
    const ratio = median(rounds.map(({ perSecond }, round) => perSecond / (first[round]?.perSecond ?? 1)));
    const perSecond = median(rounds.map((each) => each.perSecond)) * eventsPerRequest;
    const p50 = median(rounds.map((each) => each.p50));
    const p99 = median(rounds.map((each) => each.p99));
    console.log(
      `  ${name.padEnd(34)} ${Math.round(perSecond).toLocaleString("en").padStart(8)} events/s  ${ratio.toFixed(2)}   p50 ${p50.toFixed(1).padStart(5)} ms  p99 ${p99.toFixed(1).padStart(5)} ms`,
    );
  }
}
