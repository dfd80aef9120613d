import { createHash } from "node:crypto";

/** Chance that always falls the same way: every draw depends on the seed and its own label, on nothing drawn before. */
export interface Dice {
  /** A UUID (version 8, RFC 9562: made from a hash). */
  uuid(label: string): string;
  /** A number from 0 up to, not including, 1. */
  fraction(label: string): number;
  /** A whole number from 0 up to, not including, `bound`. */
  below(label: string, bound: number): number;
  pick<Item>(label: string, items: readonly [Item, ...Item[]]): Item;
  /** Lower-case hex digits, at most 64. */
  hex(label: string, length: number): string;
}

/** @param seed which world the dice belong to */
export function createDice(seed: number): Dice {
  const hex = (label: string, length: number): string =>
    createHash("sha256").update(`${seed}/${label}`).digest("hex").slice(0, length);
  const fraction = (label: string): number => Number.parseInt(hex(label, 12), 16) / 2 ** 48;
  const below = (label: string, bound: number): number => Math.floor(fraction(label) * bound);
  return {
    hex,
    fraction,
    below,
    pick: (label, items) => items[below(label, items.length)] ?? items[0],
    uuid(label) {
      const digits = hex(label, 32);
      const variant = "89ab"[Number.parseInt(digits.charAt(16), 16) % 4];
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
