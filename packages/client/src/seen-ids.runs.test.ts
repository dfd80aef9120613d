import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SeenIds } from "./seen-ids.ts";

const MANY = 200_000;

/** Ids as platforms generate them: equal except for a few characters. */
const WRITINGS: Readonly<Record<string, (n: number) => string>> = {
  "row numbers": (n) => String(n),
  "prefixed numbers": (n) => `device-${n}`,
  "numbers padded to a UUID": (n) => `c0a8f6d2-1b7e-4a55-8a52-${String(n).padStart(12, "0")}`,
  "MAC addresses": (n) =>
    `00:11:22:${n
      .toString(16)
      .padStart(6, "0")
      .replaceAll(/(..)(?=.)/g, "$1:")}`,
  "two numbers": (n) => `${n % 500}/${Math.floor(n / 500)}`,
  "random UUIDs": () => randomUUID(),
  "256 characters that differ at the end": (n) => "x".repeat(240) + String(n).padStart(16, "0"),
  "other than ASCII": (n) => `カメラ${String.fromCodePoint(0x4e00 + (n % 20_000))}${Math.floor(n / 20_000)}`,
  "bytes that are zero": (n) => "\0".repeat(n % 251) + n,
};

describe("agrees with a Set", () => {
  test.each(Object.entries(WRITINGS))("%s", (_, write) => {
    const seen = new SeenIds();
    const set = new Set<string>();
    for (let n = 0; n < MANY; n += 1) {
      // Every third id repeats an earlier one, which may be any number of ids back.
      const id = write(n % 3 === 2 ? (n * 7919) % n : n);
      const isNew = !set.has(id);
      set.add(id);
      if (seen.add(id) !== isNew) expect.fail(`${id} is ${isNew ? "new" : "known"}`);
    }
    expect(seen.size).toBe(set.size);
  });

  test("distinguishes an id of one unit from the same id followed by a zero", () => {
    const seen = new SeenIds();
    expect([seen.add("a"), seen.add("a\0"), seen.add("a\0\0"), seen.add("a")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("handles a fingerprint of two zeros, the marker of an empty slot", () => {
    const seen = new SeenIds(new Uint32Array([0, 0]));
    expect([seen.add(""), seen.add(""), seen.size]).toEqual([true, false, 1]);
  });
});

test("uses at most 16 bytes per id for any number of ids", () => {
  const seen = new SeenIds();
  for (let n = 1; n <= MANY; n += 1) {
    seen.add(String(n));
    // A new table is small and mostly empty, so the limit does not apply to it.
    if (n > 64 && seen.byteLength > 16.1 * n) expect.fail(`${seen.byteLength} bytes for ${n} ids`);
  }
});
