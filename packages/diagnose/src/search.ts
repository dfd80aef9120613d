import type { Bytes } from "./bytes.ts";
import type { Choice } from "./choice.ts";
import type { Layout } from "./layout-mistakes.ts";
import type { Mistake } from "./mistake.ts";

/** Tells what is wrong with how the header writes the signature of a message; `null` where it holds none of it. */
export interface Signer {
  /** How many signatures are computed or verified for one message. */
  readonly cost: number;
  readonly signs: (message: Bytes) => Promise<readonly Mistake[] | null>;
}

/** The ways to do each part of signing, the right one among them. */
export interface Ways {
  readonly signers: readonly Choice<Signer>[];
  readonly ids: readonly Choice<string>[];
  readonly timestamps: readonly Choice<string>[];
  readonly layouts: readonly Choice<Layout>[];
  readonly bodies: readonly Choice<Bytes>[];
}

/** What was found, and how many signatures were computed or verified for it. */
export interface Found {
  /** What is wrong with the way that made the signature; `null` where none did. */
  readonly mistakes: readonly Mistake[] | null;
  readonly checked: number;
}

interface Attempt {
  readonly signer: Signer;
  readonly message: Bytes;
  readonly mistakes: readonly Mistake[];
}

/** In what is signed. How the header writes the signature costs nothing to read, so mistakes there come on top. */
const MOST_MISTAKES = 2;
const MOST_ATTEMPTS = 10_000;
/** Room for every single mistake with the largest body whose JSON is written anew. */
const MOST_HASHED_BYTES = 64 * 1_048_576;
/** Hashed at the same time. */
const TOGETHER = 64;

/** Every way to sign that has exactly so many mistakes in all. */
function* attempts(ways: Ways, mistakes: number): Generator<Attempt> {
  const usable = <Value>(choices: readonly Choice<Value>[]): readonly Choice<Value>[] =>
    choices.filter((choice) => choice.mistakes.length <= mistakes && !(choice.alone && mistakes > 1));
  const [signers, layouts, timestamps, ids, bodies] = [
    usable(ways.signers),
    usable(ways.layouts),
    usable(ways.timestamps),
    usable(ways.ids),
    usable(ways.bodies),
  ];
  /** The choices that add no more mistakes to those so far than there may be. */
  const within = function* <Value>(choices: readonly Choice<Value>[], soFar: readonly Mistake[]) {
    for (const { value, mistakes: more } of choices) {
      if (soFar.length + more.length <= mistakes) yield [value, [...soFar, ...more]] as const;
    }
  };
  // The outermost changes last: there are a thousand milliseconds in a second, and few of anything else.
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

async function firstThatSigns(batch: readonly Attempt[]): Promise<readonly Mistake[] | null> {
  const found = await Promise.all(batch.map(({ signer, message }) => signer.signs(message)));
  for (const [index, written] of found.entries()) {
    if (written) return [...written, ...(batch[index]?.mistakes ?? [])];
  }
  return null;
}

/** Looks for the way to sign that made the signature: the right one, then one mistake, then two. */
export async function search(ways: Ways): Promise<Found> {
  let checked = 0;
  let hashed = 0;
  for (let mistakes = 0; mistakes <= MOST_MISTAKES; mistakes += 1) {
    let batch: Attempt[] = [];
    for (const attempt of attempts(ways, mistakes)) {
      if (checked >= MOST_ATTEMPTS || hashed >= MOST_HASHED_BYTES) break;
      batch.push(attempt);
      checked += attempt.signer.cost;
      hashed += attempt.message.length;
      if (batch.length < TOGETHER) continue;
      const found = await firstThatSigns(batch);
      if (found) return { mistakes: found, checked };
      batch = [];
    }
    const found = await firstThatSigns(batch);
    if (found) return { mistakes: found, checked };
  }
  return { mistakes: null, checked };
}
