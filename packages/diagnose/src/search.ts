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
}

/** The result of a search. */
export interface Found {
  /** The mistakes that were made when signing; `null` if the search could not reproduce the signature. */
  readonly mistakes: readonly Mistake[] | null;
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

/** Lists the ways to sign with exactly this many mistakes in total. */
function* listAttempts(candidates: Candidates, mistakes: number): Generator<Attempt> {
  const usable = <Value>(choices: readonly Choice<Value>[]): readonly Choice<Value>[] =>
    choices.filter((choice) => choice.mistakes.length <= mistakes && !(choice.exclusive && mistakes > 1));
  const [signers, layouts, timestamps, ids, bodies] = [
    usable(candidates.signers),
    usable(candidates.layouts),
    usable(candidates.timestamps),
    usable(candidates.ids),
    usable(candidates.bodies),
  ];
  /** Lists the choices that do not exceed the number of mistakes. */
  const within = function* <Value>(choices: readonly Choice<Value>[], soFar: readonly Mistake[]) {
    for (const { value, mistakes: more } of choices) {
      if (soFar.length + more.length <= mistakes) yield [value, [...soFar, ...more]] as const;
    }
  };
  // Timestamps are the outermost loop, which varies slowest: there are thousands of timestamps, but few
  // values of the other parts.
  for (const [timestamp, byTimestamp] of within(timestamps, [])) {
    for (const [layout, byLayout] of within(layouts, byTimestamp)) {
      for (const [signer, bySigner] of within(signers, byLayout)) {
        for (const [id, byId] of within(ids, bySigner)) {
          for (const [body, all] of within(bodies, byId)) {
            if (all.length !== mistakes) continue;
            yield { signer, message: layout({ id, timestamp, body }), mistakes: all };
          }
        }
      }
    }
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
  for (let mistakes = 0; mistakes <= MAX_MISTAKES; mistakes += 1) {
    let batch: Attempt[] = [];
    for (const attempt of listAttempts(candidates, mistakes)) {
      if (checked >= MAX_ATTEMPTS || hashed >= MAX_HASHED_BYTES) break;
      batch.push(attempt);
      checked += attempt.signer.cost;
      hashed += attempt.message.length;
      if (batch.length < BATCH_SIZE) continue;
      const found = await findSigned(batch);
      if (found) return { mistakes: found, checked };
      batch = [];
    }
    const found = await findSigned(batch);
    if (found) return { mistakes: found, checked };
  }
  return { mistakes: null, checked };
}
