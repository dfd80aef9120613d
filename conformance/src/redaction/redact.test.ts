import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Evidence, EvidenceRecord } from "../evidence/evidence.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { trafficIn } from "../evidence/traffic.ts";
import { redact } from "./redact.ts";

const SECRET = "whsec_C2FVsBQIhrscChlQIMV/b5sSYspob7oD";
const API_KEY = "canary/key+0123456789";

/** Evidence that holds whatever is given. */
const recordOf = (...held: unknown[]): EvidenceRecord => ({
  parts: { endpoints: held as unknown as Evidence["endpoints"] },
  missing: {},
});
const bodiesOf = (record: EvidenceRecord) =>
  trafficIn(record).exchanges.map(({ response }) => response?.body ?? "");
const redactedBody = (body: string, credentials: readonly string[] = []) =>
  bodiesOf(redact(recordOf(exchange(body)), credentials).record)[0] ?? "";

describe("a secret of the vendor's is replaced", () => {
  test.each([
    ["as JSON", JSON.stringify({ secret: SECRET })],
    ["with escaped slashes", JSON.stringify({ secret: SECRET }).replaceAll("/", "\\/")],
    ["with escaped letters", JSON.stringify({ secret: SECRET }).replace("C2F", "\\u0043\\u0032F")],
    ["deep inside", JSON.stringify({ data: [{ note: `use ${SECRET}` }] })],
    ["in what is no JSON", `<p>${SECRET}</p>`],
    ["in a form of the vendor's own", JSON.stringify({ secret: "C2FVsBQIhrscChlQIMV/b5sSYspob7oD" })],
    ["as a token", JSON.stringify({ access_token: "C2FVsBQIhrscChlQIMV" })],
    ["as a token by another spelling", JSON.stringify({ accessToken: "C2FVsBQIhrscChlQIMV" })],
    ["as a token by the shortest name", JSON.stringify({ token: "C2FVsBQIhrscChlQIMV" })],
    ["in capitals", JSON.stringify({ "CLIENT-SECRET": "C2FVsBQIhrscChlQIMV" })],
  ])("%s", (_, body) => {
    const kept = redactedBody(body);
    expect(kept).not.toMatch(/C2FVsBQI|u0032F/);
  });
});

const basic = (text: string) => Buffer.from(text).toString("base64");

describe("a credential is replaced in every writing", () => {
  test.each([
    ["raw", API_KEY],
    ["JSON", JSON.stringify({ key: API_KEY })],
    ["JSON in JSON", JSON.stringify({ log: JSON.stringify({ key: API_KEY }).replaceAll("/", "\\/") })],
    ["a query", new URLSearchParams({ key: API_KEY }).toString()],
    ["a path", encodeURIComponent(API_KEY).toLowerCase()],
    ["base64", basic(API_KEY)],
    ["base64 of more, one byte on", basic(`a${API_KEY}:`)],
    ["base64 of more, two bytes on", basic(`ab${API_KEY}`)],
    ["base64 for URLs", Buffer.from(`id:${API_KEY}`).toString("base64url")],
    ["hex", Buffer.from(API_KEY).toString("hex")],
  ])("%s", (_, text) => {
    const kept = redactedBody(`it came as ${text}`, [API_KEY]);
    expect(kept).not.toContain(text);
    for (const start of [0, 1, 2]) {
      const piece = Buffer.from(API_KEY).subarray(start);
      const core = piece.toString("base64").slice(2, 18);
      expect(kept).not.toContain(core);
    }
    expect(kept).not.toMatch(/canary/i);
  });
});

test("a secret that one answer has is taken out of every other text, and stays the same for all", () => {
  const { record, standIns } = redact(
    recordOf(exchange({ secret: SECRET }), exchange(`echo: ${SECRET}`), { note: SECRET }),
    [],
  );
  const [created = "", echoed = ""] = bodiesOf(record);
  const { secret } = JSON.parse(created) as { secret: string };
  expect(echoed).toBe(`echo: ${secret}`);
  expect(JSON.stringify(record)).not.toContain("C2FVsBQI");
  expect(standIns).toContain(secret);
  expect(Buffer.from(secret.slice("whsec_".length), "base64").toString()).toMatch(/^redacted /);
});

test("stand-ins are as long, of the same shape, and told apart", () => {
  const secrets = [
    SECRET,
    SECRET.replace("C2F", "D3G"),
    "whsec_not+base64!",
    "sk_live_AbC123",
    "sk_live_XyZ789",
  ];
  const bodies = secrets.map((secret) => exchange({ secret }));
  const kept = bodiesOf(redact(recordOf(...bodies), []).record).map(
    (body) => (JSON.parse(body) as { secret: string }).secret,
  );
  const shape = (text: string) => text.length;
  expect(kept.map(shape)).toEqual(secrets.map(shape));
  expect(new Set(kept).size).toBe(secrets.length);
  expect(kept[4]).toMatch(/^[a-z]{2}_[a-z]{4}_[A-Z][a-z][A-Z]\d{3}$/);
});

describe("a secret that the suite never had is known by where it stands", () => {
  const hidden = "aB3dE5fG7hJ9kL1m";
  test.each<[string, string, Record<string, string>]>([
    ["a cookie", "{}", { "set-cookie": `session=${hidden}; HttpOnly` }],
    ["a header", "{}", { "x-api-key": hidden }],
    ["a member of another spelling", JSON.stringify({ clientSecret: hidden }), {}],
    ["a parameter of a URL", JSON.stringify({ next: `https://v.example/?page=1&code=${hidden}` }), {}],
    ["the password of a URL", `amqps://app:${hidden}@queue.example/`, {}],
    ["a connection string", `Endpoint=sb://v.example/;SharedAccessKey=${hidden}`, {}],
    ["a member of broken JSON", `{"client_secret": "${hidden}",}`, {}],
    ["a member of JSON that was cut", `{"data":[{"password":"${hidden}`, {}],
    ["behind its scheme", `refused: Bearer ${hidden}`, {}],
  ])("%s", (_, body, headers) => {
    const { record } = redact(recordOf(exchange(body, { headers }), exchange(`again: ${hidden}`)), []);
    expect(JSON.stringify(record)).not.toContain(hidden);
  });

  test.each([
    ["a challenge", `Bearer realm="devices", error="invalid_token"`],
    ["a word of the manifest's", `{"authorization":"optional","token":"none"}`],
    ["prose", "Basic authentication and Bearer authentication are both described at https://v.example/docs"],
  ])("and what is none stays: %s", (_, body) => {
    const record = recordOf(exchange(body, { headers: { "www-authenticate": body } }));
    expect(redact(record, []).record).toEqual(record);
  });
});

test("a piece of a secret is, of its stand-in, the same piece: what it signs stays signed", () => {
  const unpadded = `${SECRET.slice(0, -1)}s=`;
  const record = recordOf(exchange({ secret: unpadded }), exchange(`?key=${encodeURIComponent(unpadded)}`));
  const [created = "", cut = ""] = bodiesOf(redact(record, []).record);
  const { secret } = JSON.parse(created) as { secret: string };
  expect(decodeURIComponent(cut)).toBe(`?key=${secret}`);
});

test("a short credential is left where it is a word of ours or names a member", () => {
  const asked = exchange(
    { secret: SECRET, note: "your key is secret" },
    { url: "https://v.example/rotate-secret" },
  );
  const { record } = redact(recordOf(asked), ["secret"]);
  const [kept] = trafficIn(record).exchanges;
  expect(kept?.request.url).toBe("https://v.example/rotate-secret");
  const body = JSON.parse(kept?.response?.body ?? "") as Record<string, string>;
  expect(Object.keys(body)).toEqual(["secret", "note"]);
  expect(body["note"]).not.toContain("secret");
});

const signed = (body: string, over = body) => {
  const headers = { "webhook-id": "evt_1", "webhook-timestamp": "1700000000" };
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`evt_1.1700000000.${over}`).digest("base64");
  return delivery(body, { ...headers, "webhook-signature": `v1a,other v1,${mac}` });
};

test.each([
  ["a signature that verified verifies, over bytes that changed", signed(`{"note":"${SECRET}"}`), true],
  ["one that did not does not", signed(`{"note":1}`, `{"note":2}`), false],
])("%s", (_, sent, verifies) => {
  const { record } = redact(recordOf(exchange({ secret: SECRET }), sent), []);
  const { exchanges, deliveries } = trafficIn(record);
  const { secret } = JSON.parse(exchanges[0]?.response?.body ?? "") as { secret: string };
  const body = Buffer.from(deliveries[0]?.bodyBase64 ?? "", "base64").toString();
  const mac = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
    .update(`evt_1.1700000000.${body}`)
    .digest("base64");
  expect(body).not.toContain(SECRET);
  expect(deliveries[0]?.headers["webhook-signature"] === `v1a,other v1,${mac}`).toBe(verifies);
});

test("evidence without secrets stays as it is, to the byte", () => {
  const record = recordOf(exchange({ data: [{ name: "Door \u00e9" }] }), delivery({ id: "evt_1" }));
  expect(redact(record, [API_KEY]).record).toEqual(record);
});
