import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { diagnose } from "./index.ts";
import type { BodyCode } from "./mistake.ts";
import { BODY, expectMistakes, type Making, make, NOW, SECRET } from "./testing/deliveries.ts";

/** The body that was signed, and the body that was received. */
type Pair = Required<Pick<Making, "signed" | "body">>;

const utf8 = Buffer.from(BODY);
const latin1 = Buffer.from(BODY, "latin1");
const utf16 = Buffer.from(BODY, "utf16le");
const lines = BODY.replaceAll(",", ",\n");
const data = BODY.slice(BODY.indexOf('{"name"'), -1);
const accent = '{"name":"Te\u0301"}';

const CHANGED: Record<Exclude<BodyCode, keyof typeof RAW>, readonly Pair[]> = {
  body_bom: [
    { signed: `\ufeff${BODY}`, body: BODY },
    { signed: BODY, body: `\ufeff${BODY}` },
  ],
  body_final_newline: [
    { signed: `${BODY}\n`, body: BODY },
    { signed: `${BODY}\r\n`, body: BODY },
    { signed: BODY, body: `${BODY}\n` },
  ],
  body_trimmed: [{ signed: "text", body: "  text " }],
  body_line_endings: [
    { signed: lines, body: lines.replaceAll("\n", "\r\n") },
    { signed: lines.replaceAll("\n", "\r\n"), body: lines },
  ],
  body_utf16: [
    { signed: utf16, body: BODY },
    { signed: Buffer.from(utf16).swap16(), body: BODY },
    { signed: Buffer.from(`\ufeff${BODY}`, "utf16le"), body: BODY },
  ],
  body_latin1: [
    { signed: latin1, body: BODY },
    { signed: BODY, body: latin1 },
  ],
  body_ascii: [
    { signed: BODY.replaceAll("ü", "?"), body: BODY },
    { signed: '{"a":"??"}', body: '{"a":"😀"}' },
    { signed: '{"a":""}', body: '{"a":"😀"}' },
  ],
  body_decoded_wrongly: [
    { signed: BODY, body: utf8.toString("latin1") },
    { signed: utf8.toString("latin1"), body: BODY },
  ],
  body_unicode_normalised: [
    { signed: accent, body: accent.normalize("NFC") },
    { signed: accent.normalize("NFC"), body: accent },
  ],
  body_json_twice: [
    { signed: BODY, body: JSON.stringify(BODY) },
    { signed: JSON.stringify(BODY), body: BODY },
  ],
  body_base64: [{ signed: BODY, body: utf8.toString("base64") }],
  body_signed_as_base64: [{ signed: utf8.toString("base64"), body: BODY }],
  body_compressed: [{ signed: BODY, body: gzipSync(BODY) }],
  body_form_encoded: [
    { signed: BODY, body: `payload=${encodeURIComponent(BODY)}` },
    { signed: BODY, body: new URLSearchParams([["data", BODY]]).toString() },
  ],
  body_buffer_json: [
    { signed: BODY, body: JSON.stringify(utf8) },
    { signed: BODY, body: JSON.stringify(new Uint8Array(utf8)) },
  ],
  body_hash_signed: [
    { signed: createHash("sha256").update(BODY).digest("hex"), body: BODY },
    { signed: createHash("sha256").update(BODY).digest(), body: BODY },
  ],
  body_python_bytes: [
    {
      // The output of a Python program.
      signed: String.raw`b'{"id":"evt_1","time":"2026-11-23T08:31:07.120Z","data":{"name":"T\xc3\xbcr <S\xc3\xbcd> & 1/2 \'a\'","temperature":21.0,"zone":null,"open":true,"tags":["b","a"]}}'`,
      body: BODY,
    },
    { signed: `b'{"a":1}'`, body: '{"a":1}' },
  ],
  body_python_dict: [
    {
      // The output of a Python program.
      signed: `{'id': 'evt_1', 'time': '2026-11-23T08:31:07.120Z', 'data': {'name': "Tür <Süd> & 1/2 'a'", 'temperature': 21.0, 'zone': None, 'open': True, 'tags': ['b', 'a']}}`,
      body: BODY,
    },
  ],
  body_object_object_signed: [{ signed: String({}), body: BODY }],
  body_bytes_as_text: [
    { signed: String(new Uint8Array(utf8)), body: BODY },
    { signed: "[123 34 97 34 58 49 125]", body: '{"a":1}' },
    { signed: "System.Byte[]", body: BODY },
  ],
  data_member_only: [
    { signed: data, body: BODY },
    { signed: '{"b": "T\\u00fcr"}', body: '{"data":{"b":"Tür"}}' },
  ],
  one_event_of_batch: [
    { signed: BODY, body: `[${BODY}]` },
    { signed: BODY, body: `[${BODY},{"id":"evt_2"}]` },
    { signed: `[${BODY}]`, body: BODY },
  ],
};

test.each(Object.entries(CHANGED).flatMap(([code, pairs]) => pairs.map((pair) => [code, pair] as const)))(
  "%s",
  async (code, pair) => {
    await expectMistakes(make(pair), [code as BodyCode]);
  },
);

/**
 * Ways in which a receiver changed the body before verification, although the delivery was signed correctly.
 */
const RAW: Record<
  "body_not_raw" | "body_empty" | "body_object_object",
  readonly { body: unknown; codes: readonly BodyCode[]; complete: boolean }[]
> = {
  body_not_raw: [
    { body: { id: "evt_1", on: true }, codes: ["body_not_raw"], complete: true },
    { body: undefined, codes: ["body_not_raw", "body_empty"], complete: false },
    {
      body: new TextEncoder().encode('{"id":"evt_1","on":true}').buffer,
      codes: ["body_not_raw"],
      complete: true,
    },
    {
      body: {
        toJSON: () => {
          throw new TypeError("no");
        },
      },
      codes: ["body_not_raw", "body_empty"],
      complete: false,
    },
  ],
  body_empty: [{ body: "", codes: ["body_empty"], complete: false }],
  body_object_object: [{ body: "[object Object]", codes: ["body_object_object"], complete: false }],
};

test.each(Object.entries(RAW).flatMap(([code, all]) => all.map((one) => [code, one] as const)))(
  "%s",
  async (_, { body, codes, complete }) => {
    const { headers } = make({ body: '{"id":"evt_1","on":true}' });
    await expectMistakes({ headers, body }, codes, { complete });
  },
);

test("says how to keep the raw body in each framework", async () => {
  const diagnosis = await diagnose({ ...make({}), body: {}, keys: SECRET, now: NOW });
  expect(diagnosis).toHaveProperty("mistakes.0.fix", {
    express: expect.stringContaining("express.raw"),
    fastify: expect.stringContaining("addContentTypeParser"),
    next: expect.stringContaining("arrayBuffer"),
    flask: expect.stringContaining("get_data"),
    aspnet: expect.stringContaining("Request.Body"),
    lambda: expect.stringContaining("isBase64Encoded"),
  });
});

test("bounds its work for large and malicious bodies", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const bodies = [bomb, deep, Buffer.alloc(4 * 1_048_576, "x"), JSON.stringify({ a: "é".repeat(120_000) })];
  for (const body of bodies) {
    const noise = make({ body, key: Buffer.alloc(32, 9) });
    const diagnosis = await diagnose({ ...noise, keys: SECRET, now: NOW });
    if (diagnosis.verdict !== "unknown") throw new Error(diagnosis.verdict);
    expect(diagnosis.checked).toBeLessThanOrEqual(10_000);
    expect(diagnosis.checked * Buffer.byteLength(body)).toBeLessThan(100 * 1_048_576);
    // A complete decompression of the bomb would have left no budget for more than 500 attempts.
    if (body === bomb) expect(diagnosis.checked).toBeGreaterThan(500);
  }
});

test("rewrites JSON down to 200 levels", async () => {
  const depth = 200;
  const signed = "[".repeat(depth) + "]".repeat(depth);
  await expectMistakes(make({ signed, body: signed.replace("[]", "[ ]") }), ["json_compacted"]);
});

test("reports that it gave up on bodies that are expensive to rewrite", { timeout: 30_000 }, async () => {
  const bodies = {
    numbers: `[${Array(52_000).fill("1.50").join(",")}]`,
    keys: `{${Array.from({ length: 22_000 }, (_, index) => `"k${index}":1`).join(",")}}`,
    // Indented, each number would be preceded by 760 spaces.
    nested: `${"[".repeat(190)}${Array(100_000).fill("1").join(",")}${"]".repeat(190)}`,
    stack: "[".repeat(100_000) + "]".repeat(100_000),
  };
  for (const body of Object.values(bodies)) {
    const noise = make({ body, key: Buffer.alloc(32, 9) });
    expect(await diagnose({ ...noise, keys: SECRET, now: NOW })).toMatchObject({
      verdict: "unknown",
      gaveUp: true,
      explanation: expect.stringContaining("too large or complex"),
    });
  }
  const small = make({ key: Buffer.alloc(32, 9) });
  expect(await diagnose({ ...small, keys: SECRET, now: NOW })).toMatchObject({
    verdict: "unknown",
    gaveUp: false,
  });
});

test("makes every change to a batch of 100 events", async () => {
  const events = Array.from({ length: 100 }, (_, index) => ({
    ...JSON.parse(BODY),
    id: `evt_${index}`,
    note: "x".repeat(300),
  }));
  // The last change that is tried.
  const body = JSON.stringify(events);
  await expectMistakes(make({ signed: `[${[...Buffer.from(body)].join(", ")}]`, body }), [
    "body_bytes_as_text",
  ]);
});
