/** One way of doing the work that is compared. */
export interface Contender {
  readonly name: string;
  readonly once: () => unknown;
}

/** How fast a contender was. */
export interface Measured {
  readonly name: string;
  /** Median over the rounds. */
  readonly perSecond: number;
}

const ROUNDS = 7;
const ROUND_MS = 150;

async function perSecond(once: () => unknown): Promise<number> {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < ROUND_MS) {
    // The clock is read now and then, or reading it would be what is measured.
    for (let i = 0; i < 50; i += 1) await once();
    count += 50;
    elapsed = performance.now() - start;
  }
  return (count * 1000) / elapsed;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/**
 * Measures contenders in alternating rounds, so that a machine whose speed drifts drifts for all of them.
 *
 * @returns the medians, in the order given; the first is the floor that the others are held against
 */
export async function inRounds(contenders: readonly Contender[]): Promise<Measured[]> {
  for (const { once } of contenders) await perSecond(once);
  const rounds = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, once } of contenders) rounds.get(name)?.push(await perSecond(once));
  }
  return contenders.map(({ name }) => ({ name, perSecond: median(rounds.get(name) ?? []) }));
}

/** Prints what was measured, with each contender's ratio to the floor. */
export function print(title: string, measured: readonly Measured[]): void {
  console.log(`\n${title}`);
  const floor = measured[0]?.perSecond ?? 1;
  for (const { name, perSecond: speed } of measured) {
    const ratio = (speed / floor).toFixed(2);
    console.log(`  ${name.padEnd(28)} ${Math.round(speed).toLocaleString("en").padStart(10)}/s   ${ratio}`);
  }
}
