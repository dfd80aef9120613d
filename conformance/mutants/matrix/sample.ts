import { createHash } from "node:crypto";

/** How many mutants run whole in each run of the matrix. */
const SAMPLE_SIZE = 8;
const DAY_MS = 86_400_000;

/**
 * Returns the seed of today's sample: the number of days since 1970. `MATRIX_SEED` repeats the sample of
 * another day.
 *
 * @throws if `MATRIX_SEED` is not a whole number
 */
export function sampleSeed(env: NodeJS.ProcessEnv = process.env, now = Date.now()): number {
  const seed = Number(env["MATRIX_SEED"] ?? Math.floor(now / DAY_MS));
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new Error(`Invalid MATRIX_SEED ${env["MATRIX_SEED"]}: use a whole number, such as 20000.`);
  return seed;
}

const hash = (name: string): string => createHash("sha256").update(name).digest("hex");

/**
 * Selects the mutants to run whole. The shuffled order never changes. Each seed takes the next few mutants,
 * so that consecutive seeds cover every mutant.
 */
export function sampleOf<Case extends { readonly name: string }>(
  mutants: readonly Case[],
  seed: number,
): readonly Case[] {
  const shuffled = mutants
    .map((mutant) => ({ mutant, rank: hash(mutant.name) }))
    .toSorted((one, other) => (one.rank < other.rank ? -1 : 1))
    .map(({ mutant }) => mutant);
  const from = (seed * SAMPLE_SIZE) % shuffled.length;
  return [...shuffled, ...shuffled].slice(from, from + Math.min(SAMPLE_SIZE, shuffled.length));
}
