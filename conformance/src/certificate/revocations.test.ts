import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { CONFIRMATION, type Confirmation, readConfirmation } from "./confirmation.ts";
import { sealDocument } from "./dsse.ts";
import { checkRevocations, createNextList, REVOCATION_LIST, type RevocationList } from "./revocations.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const [ID, OTHER_ID] = ["a".repeat(64), "b".repeat(64)] as [string, string];
const NOW = new Date("2026-06-01T12:00:00.000Z");
const at = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);

const toBytes = (envelope: unknown) => Buffer.from(JSON.stringify(envelope));
const revocation = (certificate: string, reason = "Withdrawn.") => ({
  certificate,
  reason,
  revoked_at: at(-1).toISOString(),
});
const list = (revoked: readonly string[] = [], previous: RevocationList | null = null) =>
  createNextList(
    previous,
    revoked.map((id) => revocation(id)),
    { issuedAt: at(-1), nextUpdate: at(24) },
  );
const sign = (value: RevocationList, key = privateKey) => toBytes(sealDocument(REVOCATION_LIST, value, key));
const check = (bytes: Uint8Array, more: Partial<Parameters<typeof checkRevocations>[2]> = {}) =>
  checkRevocations(bytes, ID, { publicKey, now: NOW, seen: null, ...more });
const codesOf = ({ refusals }: { readonly refusals: readonly { readonly code: string }[] }) =>
  refusals.map(({ code }) => code);

test("refuses only certificates in the list", () => {
  expect(codesOf(check(sign(list([OTHER_ID]))))).toEqual([]);
  expect(codesOf(check(sign(list([OTHER_ID, ID]))))).toEqual(["revoked"]);
});

test("a new list keeps every revocation as it was, and has the next number", () => {
  const first = list([ID]);
  const next = createNextList(first, [revocation(ID, "Another reason."), revocation(OTHER_ID)], {
    issuedAt: at(0),
    nextUpdate: at(48),
  });
  expect(next.sequence).toBe(2);
  expect(next.revoked).toEqual([revocation(ID), revocation(OTHER_ID)]);
});

test("refuses a list from the moment of its next update, and one of the future", () => {
  const bytes = sign(list([ID]));
  expect(codesOf(check(bytes, { now: at(23.9) }))).toEqual(["revoked"]);
  expect(codesOf(check(bytes, { now: at(24) }))).toEqual(["revoked", "revocations_expired"]);
  expect(codesOf(check(sign(list()), { now: at(-1.05) }))).toEqual([]);
  expect(codesOf(check(sign(list()), { now: at(-2) }))).toEqual(["revocations_not_yet_valid"]);
});

test("refuses a list of another key, a changed list and other documents", () => {
  expect(codesOf(check(sign(list(), other.privateKey)))).toEqual(["revocations_signature"]);
  const { payload, ...envelope } = sealDocument(REVOCATION_LIST, list([ID]), privateKey);
  const emptied = Buffer.from(JSON.stringify(list())).toString("base64");
  expect(codesOf(check(toBytes({ ...envelope, payload: emptied })))).toEqual(["revocations_signature"]);
  // The signature covers the media type, so no other document of the same key can be given as a list.
  const otherType = sealDocument({ ...REVOCATION_LIST, payloadType: "application/json" }, list(), privateKey);
  expect(codesOf(check(toBytes(otherType)))).toEqual(["revocations_invalid"]);
  for (const bytes of [Buffer.from("no list"), sign({ ...list(), sequence: 0 })]) {
    expect(codesOf(check(bytes))).toEqual(["revocations_invalid"]);
  }
  expect(payload).not.toBe(emptied);
});

test("refuses an older list, and a second list with the same number", () => {
  const first = list();
  const second = list([OTHER_ID], first);
  const { seen } = check(sign(second));
  expect(codesOf(check(sign(second), { seen }))).toEqual([]);
  const older = check(sign(first), { seen });
  expect([codesOf(older), older.seen]).toEqual([["revocations_rolled_back"], seen]);
  expect(codesOf(check(sign({ ...second, revoked: [] }), { seen }))).toEqual(["revocations_rolled_back"]);
  expect(check(sign(list([], second)), { seen }).seen?.sequence).toBe(3);
  // The verifier does not remember a list that another key signed.
  expect(check(sign(list([], second), other.privateKey), { seen }).seen).toBe(seen);
});

test("a confirmation counts only for its certificate and key", () => {
  const confirmation: Confirmation = {
    version: "1",
    certificate: ID,
    target: "https://api.vendor.example/",
    evidence: OTHER_ID,
    confirmed_at: at(-2).toISOString(),
    issued_at: at(-1).toISOString(),
    requirements: ["INV-001"],
  };
  const read = (kind = CONFIRMATION, key = privateKey, id = ID, now = NOW) =>
    readConfirmation(toBytes(sealDocument(kind, confirmation, key)), id, { publicKey, now });
  expect(read()).toEqual({ refusals: [], confirmation });
  expect(codesOf(read(CONFIRMATION, other.privateKey))).toEqual(["confirmation_signature"]);
  expect(codesOf(read({ ...CONFIRMATION, payloadType: "application/json" }))).toEqual([
    "confirmation_invalid",
  ]);
  expect(codesOf(read(CONFIRMATION, privateKey, OTHER_ID))).toEqual(["confirmation_mismatch"]);
  const early = read(CONFIRMATION, privateKey, ID, at(-3));
  expect([codesOf(early), early.confirmation]).toEqual([["confirmation_not_yet_valid"], null]);
});
