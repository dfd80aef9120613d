import { expect, test } from "vitest";
import { createSeededRandom } from "./seeded-random.ts";

const letters = [..."abcdefghij"] as [string, ...string[]];
const byItself = (letter: string) => letter;
const valuesOf = (seed: number) => {
  const random = createSeededRandom(seed);
  return {
    uuid: random.uuid("a site"),
    hex: random.hex("a key", 24),
    fraction: random.fraction("a wait"),
    below: random.below("a floor", 1_000_000),
    shuffled: random.shuffle(letters, byItself),
  };
};

test("the same seed gives the same values, another seed gives others", () => {
  expect(valuesOf(1)).toEqual(valuesOf(1));
  const [one, other] = [valuesOf(1), valuesOf(2)];
  for (const name of Object.keys(one) as (keyof typeof one)[]) expect(one[name]).not.toEqual(other[name]);
});

test("each value has the shape that was asked for", () => {
  const { uuid, hex, fraction, below, shuffled } = valuesOf(7);
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(hex).toMatch(/^[0-9a-f]{24}$/);
  expect(fraction >= 0 && fraction < 1).toBe(true);
  expect(Number.isInteger(below) && below >= 0 && below < 1_000_000).toBe(true);
  expect(shuffled.toSorted()).toEqual(letters);
});

test("another label gives another value, and the order given does not change the order returned", () => {
  const random = createSeededRandom(3);
  expect(random.uuid("a site")).not.toBe(random.uuid("an org"));
  expect(random.shuffle(letters.toReversed(), byItself)).toEqual(random.shuffle(letters, byItself));
});

test("every item comes first for some seed, in a shuffle and in a pick", () => {
  const randoms = Array.from({ length: 200 }, (_, seed) => createSeededRandom(seed));
  expect(new Set(randoms.map((random) => random.shuffle(letters, byItself)[0])).size).toBe(letters.length);
  expect(new Set(randoms.map((random) => random.pick("one", letters))).size).toBe(letters.length);
});

test("a hundred thousand labels give as many UUIDs", () => {
  const random = createSeededRandom(11);
  const uuids = new Set(Array.from({ length: 100_000 }, (_, index) => random.uuid(`device ${index}`)));
  expect(uuids.size).toBe(100_000);
});
