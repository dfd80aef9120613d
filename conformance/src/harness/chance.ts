import { createHash } from "node:crypto";

/** Every choice of a run that could have been another. Each is asked for by a name, so that none depends on which came before. */
export interface Chance {
  /** A UUID that is nobody's. */
  readonly uuid: (name: string) => string;
  readonly hex: (name: string, bytes: number) => string;
  /** From 0 to 1, without 1. */
  readonly fraction: (name: string) => number;
  /** The same entries in an order by chance; what an entry is named decides its place, not where it stood. */
  readonly order: <T>(entries: readonly T[], nameOf: (entry: T) => string) => T[];
}

/** The largest seed. */
export const MOST_SEED = 4_294_967_295;

/** Makes the choices of a run: the same seed makes the same ones. Nothing that must not be guessed may come from here. */
export function createChance(seed: number): Chance {
  const digest = (name: string) => createHash("sha256").update(`${seed} ${name}`).digest();
  return {
    uuid(name) {
      const bytes = digest(name);
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      return bytes.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    },
    // No name asks for more than one digest has.
    hex: (name, bytes) => digest(name).toString("hex", 0, bytes),
    fraction: (name) => digest(name).readUInt32BE() / (MOST_SEED + 1),
    order: (entries, nameOf) =>
      entries
        .map((entry) => ({ entry, place: digest(nameOf(entry)) }))
        .sort((a, b) => Buffer.compare(a.place, b.place))
        .map(({ entry }) => entry),
  };
}
