/** One of the implementations to compare. */
export interface Contender {
  readonly name: string;
  readonly once: () => unknown;
}

/** The speed of a contender. */
export interface Measured {
  readonly name: string;
  /** Median over the rounds. */
  readonly perSecond: number;
}

/** How long and how often contenders are measured. The defaults suit calls that take microseconds. */
export interface Rounds {
  readonly rounds?: number;
  /** The minimum duration of a round. */
  readonly roundMs?: number;
  /** How many calls to make between two readings of the clock. Many calls hide the cost of a reading. */
  readonly callsPerReading?: number;
}

async function perSecond(
  once: () => unknown,
  { roundMs, callsPerReading }: Required<Rounds>,
): Promise<number> {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < callsPerReading; i += 1) await once();
    count += callsPerReading;
    elapsed = performance.now() - start;
  } while (elapsed < roundMs);
  return (count * 1000) / elapsed;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/**
 * Measures contenders in alternating rounds, so that a drift of the machine's speed affects all of them.
 *
 * @returns the medians, in the order given; the other contenders are compared with the first one
 */
export async function measureInRounds(
  contenders: readonly Contender[],
  { rounds = 7, roundMs = 150, callsPerReading = 50 }: Rounds = {},
): Promise<Measured[]> {
  const settings = { rounds, roundMs, callsPerReading };
  for (const { once } of contenders) await perSecond(once, settings);
  const speeds = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, once } of contenders) speeds.get(name)?.push(await perSecond(once, settings));
  }
  return contenders.map(({ name }) => ({ name, perSecond: median(speeds.get(name) ?? []) }));
}

/** Prints the speeds, each with its ratio to the speed of the first contender. */
export function print(title: string, measured: readonly Measured[]): void {
  console.log(`\n${title}`);
  const floor = measured[0]?.perSecond ?? 1;
  for (const { name, perSecond: speed } of measured) {
    const ratio = (speed / floor).toFixed(2);
    console.log(`  ${name.padEnd(28)} ${Math.round(speed).toLocaleString("en").padStart(10)}/s   ${ratio}`);
  }
}
