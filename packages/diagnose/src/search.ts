import type { Bytes } from "./bytes.ts";
import type { Choice } from "./choice.ts";
import type { Layout } from "./layout-mistakes.ts";
import type { Mistake } from "./mistake.ts";

/** A key and scheme that may have signed the delivery. */
export interface Signer {
  /** How many signatures are computed or verified for one message. */
  readonly cost: number;
  /**
   * Finds the message's signature in the header and lists what is wrong with its text; `null`
   * if the header does not contain the signature.
   */
  readonly findSignature: (message: Bytes) => Promise<readonly Mistake[] | null>;
}

/** The ways to do each step of signing, including the right one. */
export interface Candidates {
  readonly signers: readonly Choice<Signer>[];
  readonly ids: readonly Choice<string>[];
  readonly timestamps: readonly Choice<string>[];
  readonly layouts: readonly Choice<Layout>[];
  readonly bodies: readonly Choice<Bytes>[];
  /** Whether the body is too large or complex to compute every body that may have been signed. */
  readonly gaveUp: boolean;
}

/** The result of a search. */
export interface Found {
  /** The mistakes that were made when signing; `null` if the search could not reproduce the signature. */
  readonly mistakes: readonly Mistake[] | null;
  /** Whether the search ended before it had tried every way with one mistake. */
  readonly gaveUp: boolean;
  /** How many signatures were computed or verified. */
  readonly checked: number;
}

interface Attempt {
  readonly signer: Signer;
  readonly message: Bytes;
  readonly mistakes: readonly Mistake[];
}

/**
 * Maximum number of mistakes in signing. Mistakes in the text of the signature do
 * not count, because finding them costs nothing.
 */
const MAX_MISTAKES = 2;
const MAX_ATTEMPTS = 10_000;
/**
 * The maximum number of signatures. It is enough to try every single mistake with the largest body whose JSON
 * is rewritten.
 */
const MAX_HASHED_BYTES = 64 * 1_048_576;
/** How many messages are hashed concurrently. */
const BATCH_SIZE = 64;

/**
 * The choices of a list with at most 0, 1 and 2 mistakes. Most of thousands of choices have a mistake, so the search
 * can skip them when it may add none.
 */
type Affordable = readonly (readonly Choice<unknown>[])[];

/**
 * Lists the ways to choose one value from each of the remaining lists so that exactly `left` of the chosen values are
 * mistakes.
 */
function* combine(
  [choices, ...lists]: readonly Affordable[],
  left: number,
  values: readonly unknown[] = [],
  made: readonly Mistake[] = [],
): Generator<readonly [values: readonly unknown[], made: readonly Mistake[]]> {
  for (const { value, mistakes } of choices?.[left] ?? [])
    yield* combine(lists, left - mistakes.length, [...values, value], [...made, ...mistakes]);
  if (!choices && left === 0) yield [values, made];
}

/** Lists the ways to sign with exactly `mistakes` mistakes in total. */
function* listAttempts(
  { timestamps, layouts, signers, ids, bodies }: Candidates,
  mistakes: number,
): Generator<Attempt> {
  // Timestamps vary slowest: there are thousands of timestamps, but few values of the other parts.
  const affordable = (choices: readonly Choice<unknown>[]): Affordable =>
    [0, 1, 2].map((left) =>
      choices.filter((each) => each.mistakes.length <= left && !(each.exclusive && mistakes > 1)),
    );
  for (const [values, made] of combine(
    [timestamps, layouts, signers, ids, bodies].map(affordable),
    mistakes,
  )) {
    const [timestamp, layout, signer, id, body] = values as [string, Layout, Signer, string, Bytes];
    yield { signer, message: layout({ id, timestamp, body }), mistakes: made };
  }
}

async function findSigned(batch: readonly Attempt[]): Promise<readonly Mistake[] | null> {
  const found = await Promise.all(batch.map(({ signer, message }) => signer.findSignature(message)));
  for (const [index, written] of found.entries()) {
    if (written) return [...written, ...(batch[index]?.mistakes ?? [])];
  }
  return null;
}

/**
 * Searches for the way in which the signature was made. Tries the right way first, then ways with one
 * mistake, then ways with two mistakes.
 */
export async function search(candidates: Candidates): Promise<Found> {
  let checked = 0;
  let hashed = 0;
  let { gaveUp } = candidates;
  for (let mistakes = 0; mistakes <= MAX_MISTAKES; mistakes += 1) {
    let batch: Attempt[] = [];
    for (const attempt of listAttempts(candidates, mistakes)) {
      if (checked >= MAX_ATTEMPTS || hashed >= MAX_HASHED_BYTES) {
        gaveUp ||= mistakes < MAX_MISTAKES;
        break;
      }
      batch.push(attempt);
      checked += attempt.signer.cost;
      hashed += attempt.message.length * attempt.signer.cost;
      if (batch.length < BATCH_SIZE) continue;
      const found = await findSigned(batch);
      if (found) return { mistakes: found, gaveUp, checked };
      batch = [];
    }
    const found = await findSigned(batch);
    if (found) return { mistakes: found, gaveUp, checked };
  }
  return { mistakes: null, gaveUp, checked };
}
