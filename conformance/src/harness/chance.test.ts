import { expect, test } from "vitest";
import { createChance } from "./chance.ts";

const letters = [..."abcdefghij"];
const choicesOf = (seed: number) => {
  const chance = createChance(seed);
  return {
    uuid: chance.uuid("a site"),
    hex: chance.hex("a key", 12),
    fraction: chance.fraction("a wait"),
    order: chance.order(letters, (letter) => letter),
  };
};

test("the same seed makes the same choices, another makes others", () => {
  expect(choicesOf(1)).toEqual(choicesOf(1));
  const [one, other] = [choicesOf(1), choicesOf(2)];
  for (const name of Object.keys(one) as (keyof typeof one)[]) expect(one[name]).not.toEqual(other[name]);
});

test("each is of the shape that is asked for", () => {
  const { uuid, hex, fraction, order } = choicesOf(7);
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(hex).toMatch(/^[0-9a-f]{24}$/);
  expect(fraction >= 0 && fraction < 1).toBe(true);
  expect(order.toSorted()).toEqual(letters);
});

test("other names are other choices, and where an entry stood decides nothing", () => {
  const chance = createChance(3);
  expect(chance.uuid("a site")).not.toBe(chance.uuid("an org"));
  const byItself = (letter: string) => letter;
  expect(chance.order(letters.toReversed(), byItself)).toEqual(chance.order(letters, byItself));
});

test("every place is taken by every entry, over some seeds", () => {
  const firsts = Array.from(
    { length: 200 },
    (_, seed) => createChance(seed).order(letters, (each) => each)[0],
  );
  expect(new Set(firsts).size).toBe(letters.length);
});
