import { generateKeyPair, sign } from "@convergint/webhooks";
import { expect, test } from "vitest";
import { diagnose } from "./index.ts";
import type { SignatureTextCode } from "./mistake.ts";
import { expectMistakes, type Made, type Making, make, NOW, SECRET } from "./testing/deliveries.ts";

const base64 = (digest: Uint8Array): string => Buffer.from(digest).toString("base64");
const hex = (digest: Uint8Array): string => Buffer.from(digest).toString("hex");

/** An id whose signature contains both + and /. */
const id = (() => {
  for (let n = 0; ; n += 1) {
    const signature = make({ id: `evt_${n}` }).headers["webhook-signature"] as string;
    if (/\+.*\/|\/.*\+/.test(signature.slice(3))) return `evt_${n}`;
  }
})();

/** An id whose signature contains a + only after enough characters to look cut off without the rest. */
const idOfLatePlus = (() => {
  for (let n = 0; ; n += 1) {
    const signature = make({ id: `evt_${n}` }).headers["webhook-signature"] as string;
    if (/^v1,[^+]{25,40}\+/.test(signature)) return `evt_${n}`;
  }
})();

const other = base64(Buffer.alloc(32, 5));

type Case =
  | NonNullable<Making["header"]>
  | { made: () => Promise<Made> | Made; keys?: string; complete?: boolean };

const pair = await generateKeyPair();
const asymmetric = () => sign({ id: "evt_1", body: "{}", keys: pair.privateKey, timestamp: NOW });

const WRITTEN: Record<SignatureTextCode, readonly Case[]> = {
  signature_malformed: [
    { made: () => make({ header: () => "nonsense" }), complete: false },
    { made: () => make({ header: () => "v1," }), complete: false },
    { made: () => make({ header: () => `v1,${base64(Buffer.alloc(31, 1))}` }), complete: false },
    { made: () => make({ header: () => `v1,${base64(Buffer.alloc(64, 1))}` }), complete: false },
  ],
  signature_quoted: [(d) => `"v1,${base64(d)}"`, (d) => `v1,"${base64(d)}"`, (d) => `'v1,${base64(d)}'`],
  signature_whitespace: [
    (d) => `v1, ${base64(d)}`,
    (d) => `v1,${base64(d).slice(0, 20)}\n${base64(d).slice(20)}`,
    (d) => `v1,${base64(d)}\n`,
  ],
  signature_percent_encoded: [
    (d) => `v1,${encodeURIComponent(base64(d))}`,
    (d) => encodeURIComponent(`v1,${base64(d)}`),
  ],
  signature_plus_lost: [
    (d) => `v1,${base64(d).replaceAll("+", " ")}`,
    { made: () => make({ id: idOfLatePlus, header: (d) => `v1,${base64(d).replaceAll("+", " ")}` }) },
  ],
  signatures_joined_by_comma: [
    (d) => `v1,${base64(d)},v1,${other}`,
    (d) => `v1,${other},v1,${base64(d)}`,
    (d) => `v1,${other};v1,${base64(d)}`,
  ],
  signature_header_twice: [
    { made: () => twice((signature) => [signature, `v1,${other}`]) },
    { made: () => twice((signature) => [`v1,${other}`, signature]) },
  ],
  too_many_signatures: [(d) => `${`v1,${other} `.repeat(16)}v1,${base64(d)}`],
  signature_separator: [
    (d) => `v1=${base64(d)}`,
    (d) => `v1:${base64(d)}`,
    (d) => `v1 ${base64(d)}`,
    (d) => `v1.${base64(d)}`,
    (d) => `v1${base64(d)}`,
  ],
  signature_hash_name: [
    (d) => `sha256=${base64(d)}`,
    (d) => `hmac-sha256=${base64(d)}`,
    (d) => `sha256= ${base64(d)}`,
    (d) => `v1,sha256=${base64(d)}`,
  ],
  signature_stripe_form: [(d) => `t=1700000000,v1=${base64(d)}`],
  signature_scheme_word: [(d) => `HMAC ${base64(d)}`, (d) => `signature=${base64(d)}`],
  signature_prefix_missing: [base64],
  signature_prefix_twice: [(d) => `v1,v1,${base64(d)}`],
  signature_python_bytes: [(d) => `v1,b'${base64(d)}'`],
  signature_version: [
    (d) => `v0,${base64(d)}`,
    (d) => `V1,${base64(d)}`,
    (d) => `v1a,${base64(d)}`,
    (d) => `v2,${base64(d)}`,
  ],
  only_v1a_signature: [{ made: async () => ({ headers: await asymmetric(), body: "{}" }), complete: false }],
  only_v1_signature: [{ made: () => make({}), keys: pair.publicKey, complete: false }],
  signature_hex: [(d) => `v1,${hex(d)}`],
  signature_hex_upper: [(d) => `v1,${hex(d).toUpperCase()}`],
  signature_hex_dashes: [
    (d) =>
      `v1,${hex(d)
        .toUpperCase()
        .replace(/..(?!$)/g, "$&-")}`,
  ],
  signature_base64url: [(d) => `v1,${Buffer.from(d).toString("base64url")}`],
  signature_unpadded: [(d) => `v1,${base64(d).replace("=", "")}`],
  signature_base64_of_hex: [(d) => `v1,${base64(Buffer.from(hex(d)))}`],
  signature_base64_twice: [(d) => `v1,${base64(Buffer.from(base64(d)))}`],
  signature_case_changed: [(d) => `v1,${base64(d).toLowerCase()}`, (d) => `v1,${base64(d).toUpperCase()}`],
  signature_truncated: [(d) => `v1,${base64(d).slice(0, 32)}`, (d) => `v1,${base64(d).slice(0, 40)}`],
};

function twice(values: (signature: string) => string[]): Made {
  return make({
    headers: (i, t, s) => ({ "webhook-id": i, "webhook-timestamp": t, "webhook-signature": values(s) }),
  });
}

test.each(Object.entries(WRITTEN).flatMap(([code, all]) => all.map((one) => [code, one] as const)))(
  "%s",
  async (code, one) => {
    const { made, ...expected } = typeof one === "function" ? { made: () => make({ id, header: one }) } : one;
    await expectMistakes(await made(), [code as SignatureTextCode], expected);
  },
);

test("reports mistakes in the text together with mistakes in signing", async () => {
  await expectMistakes(make({ key: SECRET, header: (d) => `sha256=${hex(d)}` }), [
    "signature_hash_name",
    "signature_hex",
    "secret_prefix_in_key",
  ]);
  await expectMistakes(make({ hash: "sha512", header: hex }), [
    "signature_prefix_missing",
    "signature_hex",
    "sha512",
  ]);
});

test("reports hex even if the signature stays unexplained", async () => {
  await expectMistakes(make({ key: "another", header: (d) => `v1,${hex(d)}` }), ["signature_hex"], {
    complete: false,
  });
});

test("verifies v1a and finds mistakes in it", async () => {
  const headers = await asymmetric();
  const delivery = { headers, body: "{}" };
  expect(await diagnose({ ...delivery, keys: pair.publicKey, now: NOW })).toEqual({ verdict: "valid" });
  await expectMistakes({ headers, body: "{ }" }, ["json_compacted"], { keys: [pair.publicKey] });
  const labelled = { ...headers, "webhook-signature": headers["webhook-signature"].replace("v1a,", "v1,") };
  await expectMistakes({ headers: labelled, body: "{}" }, ["signature_version"], { keys: pair.publicKey });
});

test("one right signature of several is enough", async () => {
  const rotated = make({ header: (d) => `v1,${other} v1,${base64(d)} v1a,${base64(Buffer.alloc(64, 1))}` });
  expect(await diagnose({ ...rotated, keys: SECRET, now: NOW })).toEqual({ verdict: "valid" });
});
