import fc from "fast-check";

/** One change of a payload. */
export interface Mutation {
  readonly kind: "drop" | "replace" | "extra" | "lengthen";
  /** Index of the changed value in document order, modulo the number of values; 0 is the payload itself. */
  readonly at: number;
  /** The value that replaces the changed value, or that is added to it. */
  readonly value: unknown;
  /** The new length of the value. */
  readonly length: number;
}

/** Common mistakes of vendors, and values at the limits of what is valid. */
const ODD = [
  true,
  0,
  -1,
  1.5,
  ...[29, 30, 71, 72, 90, 91, 100, 101, 399, 400, 499, 500, 599, 600, 3600, 3601, 100_000, 100_001],
  1e20,
  "",
  " ",
  "a.b",
  "😀".repeat(256),
  "😀".repeat(257),
  "Online",
  "removed",
  "oauth2_client_credentials",
  "USA",
  "uk",
  "Central Standard Time",
  "2026-11-23T08:30:00Z",
  "2026-11-23T08:30:00-00:00",
  "2026-11-23T08:30:00+01:00",
  "2026-11-23T24:00:00Z",
  "2026-11-23T08:30:60Z",
  "2026-02-30T00:00:00Z",
  "1900-02-29T00:00:00Z",
  "0000-02-29T00:00:00Z",
  "2026-11-23 08:30:00Z",
  "2026-02-29",
  "2028-02-29",
  "2028-2-9",
  "2026-11-23\n",
  "https://a.example/b c",
  "https://[::1]:8080/x?y#z",
  "https://user@a.example:port/",
  "ftp://a.example",
  "HTTPS://A.EXAMPLE",
  "https://é.example",
  "whsec_",
  "WHSEC_abc",
  "1.0",
  "v1",
  "com.example.thing.v1",
  "com.example.thing",
  [],
  [null],
  ["webhook", "pigeon"],
  {},
  { lifecycle: "removed" },
  { org_id: "o", site_id: "s" },
] as const;

/** Every maximum length in the schemas, and each maximum length plus one. */
const LENGTHS = [32, 64, 100, 128, 253, 256, 512, 1024, 2048].flatMap((most) => [most, most + 1]);

/** All kinds of change. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("drop", "replace", "replace", "extra", "lengthen"),
  at: fc.oneof({ weight: 3, arbitrary: fc.nat(10_000) }, fc.constant(0)),
  value: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ODD) }, fc.constant(null)),
  length: fc.constantFrom(...LENGTHS),
});

type Container = Record<string | number, unknown>;

/** Lists every value in a payload with its container and key. */
function* places(value: unknown): Generator<readonly [Container, string | number]> {
  if (value === null || typeof value !== "object") return;
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const key of keys) {
    yield [value as Container, key];
    yield* places((value as Container)[key]);
  }
}

const ofLength = (value: unknown, length: number): unknown => {
  if (typeof value === "string") return value.padEnd(length, value || "x");
  return Array.isArray(value) && length < 110 ? Array.from({ length }, () => value[0] ?? null) : value;
};

/**
 * Applies one change to a payload.
 *
 * @returns the changed copy
 */
export function mutate(payload: unknown, { kind, at, value, length }: Mutation): unknown {
  const root: Container = { payload: structuredClone(payload) };
  const all = [...places(root)];
  const [holder, key] = all[at % all.length] ?? [root, "payload"];
  const held = holder[key];
  if (kind === "drop" && holder !== root) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else if (kind === "lengthen") holder[key] = ofLength(held, length);
  else if (kind === "extra" && held !== null && typeof held === "object")
    Object.assign(held, Array.isArray(held) ? [...held, value] : { x_more: value });
  else holder[key] = value;
  return root["payload"];
}
