import type { SeededRandom } from "@convergint/internal/seeded-random";

/** Random choices of one case. */
export interface Draw {
  below(bound: number): number;
  /** Returns true in one of `n` cases, at random. */
  oneIn(n: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  hex(length: number): string;
}

/** Creates the choices of one case. @param label names the case; the same label gives the same choices */
export function createDraw(random: SeededRandom, label: string): Draw {
  let drawn = 0;
  const next = () => `${label}/${drawn++}`;
  return {
    below: (bound) => random.below(next(), bound),
    oneIn: (n) => random.below(next(), n) === 0,
    pick<Item>(items: readonly Item[]): Item {
      if (items.length === 0) throw new Error("nothing to pick from");
      return items[random.below(next(), items.length)] as Item;
    },
    hex: (length) => random.hex(next(), length),
  };
}

/** JSON values that are wrong for most members. */
export const WRONG_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  "",
  "x",
  "\u0000",
  "x".repeat(300),
  "z".repeat(3000),
  [],
  [null],
  {},
  { a: 1 },
  ["x", 7],
  "\ud800",
  "__proto__",
];
