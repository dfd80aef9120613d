/**
 * Reproducible randomness: each value depends only on the seed and on its label, not on values drawn before.
 */
export interface SeededRandom {
  /** Returns a UUID (version 8, RFC 9562: derived from a hash). */
  uuid(label: string): string;
  /** Returns lower-case hex digits. */
  hex(label: string, length: number): string;
  /** Returns a number from 0 up to, but not including, 1. */
  fraction(label: string): number;
  /** Returns a whole number from 0 up to, but not including, `bound`. */
  below(label: string, bound: number): number;
  /** Returns one of the items. */
  pick<Item>(label: string, items: readonly [Item, ...Item[]]): Item;
  /** Returns the items in a random order that depends on their names, not on the order given. */
  shuffle<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[];
}

/** The largest seed. */
export const MAX_SEED = 4_294_967_295;

/**
 * FNV-1a with the finish of MurmurHash3, in 32 bits. Distributes values
 * well in any runtime, but is not cryptographic.
 */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/**
 * Creates reproducible randomness. The values are predictable: do not use
 * them for anything that must be hard to guess.
 */
export function createSeededRandom(seed: number): SeededRandom {
  // The hash starts with the number of the part, so that labels that collide in one part do not collide in
  // the other parts.
  const word = (label: string, part: number) => hash(`${part}/${seed}/${label}`);
  const hex = (label: string, length: number) =>
    Array.from({ length: Math.ceil(length / 8) }, (_, part) =>
      word(label, part).toString(16).padStart(8, "0"),
    )
      .join("")
      .slice(0, length);
  const fraction = (label: string) => word(label, 0) / (MAX_SEED + 1);
  const below = (label: string, bound: number) => Math.floor(fraction(label) * bound);
  return {
    hex,
    fraction,
    below,
    pick: (label, items) => items[below(label, items.length)] ?? items[0],
    shuffle: (items, nameOf) =>
      items
        .map((item) => ({ item, key: hex(nameOf(item), 32) }))
        .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
        .map(({ item }) => item),
    uuid(label) {
      const digits = hex(label, 32);
      const variant = "89ab".charAt(Number.parseInt(digits.charAt(16), 16) % 4);
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `8${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20),
      ].join("-");
    },
  };
}
