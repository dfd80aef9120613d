import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Evidence, EvidenceRecord } from "../evidence/evidence.ts";
import { jsonOf } from "../evidence/read.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import { redact } from "./redact.ts";

const SECRET = "whsec_C2FVsBQIhrscChlQIMV/b5sSYspob7oD";
const API_KEY = "canary/key+0123456789";

/** Creates evidence from any values. */
const recordOf = (...held: unknown[]): EvidenceRecord => ({
  parts: { endpoints: held as unknown as Evidence["endpoints"] },
  missing: {},
});
const bodiesOf = (record: EvidenceRecord) =>
  collectTraffic(record).exchanges.map(({ response }) => response?.body ?? "");
const redactedBody = (body: string, credentials: readonly string[] = []) =>
  bodiesOf(redact(recordOf(exchange(body)), credentials).record)[0] ?? "";

describe("replaces a secret that the vendor issued", () => {
  test.each([
    ["as JSON", JSON.stringify({ secret: SECRET })],
    ["with escaped slashes", JSON.stringify({ secret: SECRET }).replaceAll("/", "\\/")],
    ["with escaped letters", JSON.stringify({ secret: SECRET }).replace("C2F", "\\u0043\\u0032F")],
    ["deep inside", JSON.stringify({ data: [{ note: `use ${SECRET}` }] })],
    ["outside JSON", `<p>${SECRET}</p>`],
    ["without a prefix", JSON.stringify({ secret: "C2FVsBQIhrscChlQIMV/b5sSYspob7oD" })],
    ["as a token", JSON.stringify({ access_token: "C2FVsBQIhrscChlQIMV" })],
    ["as a token in camel case", JSON.stringify({ accessToken: "C2FVsBQIhrscChlQIMV" })],
    ["as a member named token", JSON.stringify({ token: "C2FVsBQIhrscChlQIMV" })],
    ["with an uppercase name", JSON.stringify({ "CLIENT-SECRET": "C2FVsBQIhrscChlQIMV" })],
  ])("%s", (_, body) => {
    const kept = redactedBody(body);
    expect(kept).not.toMatch(/C2FVsBQI|u0032F/);
  });
});

const basic = (text: string) => Buffer.from(text).toString("base64");

describe("replaces a credential in every encoding", () => {
  test.each([
    ["verbatim", API_KEY],
    ["JSON", JSON.stringify({ key: API_KEY })],
    ["JSON in JSON", JSON.stringify({ log: JSON.stringify({ key: API_KEY }).replaceAll("/", "\\/") })],
    ["a query", new URLSearchParams({ key: API_KEY }).toString()],
    ["a path", encodeURIComponent(API_KEY).toLowerCase()],
    ["base64", basic(API_KEY)],
    ["base64 of a longer text, one byte in", basic(`a${API_KEY}:`)],
    ["base64 of a longer text, two bytes in", basic(`ab${API_KEY}`)],
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

test("replaces a secret at every place of a text", () => {
  for (let offset = 0; offset <= 3 * API_KEY.length; offset += 1) {
    const [before, after] = ["-".repeat(offset), "-".repeat(offset % 3)];
    const kept = redactedBody(before + API_KEY + after, [API_KEY]);
    expect(kept).not.toContain(API_KEY);
    expect(kept.slice(0, offset) + kept.slice(offset + API_KEY.length)).toBe(before + after);
  }
});

test.each<[string, (code: number, hex: string) => string]>([
  ["JSON", (_, hex) => `\\u00${hex.toUpperCase()}`],
  ["JSON, twice", (_, hex) => `\\\\u00${hex}`],
  ["a URL", (_, hex) => `%${hex}`],
  ["a URL, twice", (_, hex) => `%25${hex}`],
  ["HTML", (code) => `&#${code};`],
  ["HTML without a semicolon", (code) => `&#0${code}`],
  ["HTML in hexadecimal", (_, hex) => `&#X0${hex}`],
])("replaces a credential of which one character is escaped for %s", (_, write) => {
  for (let place = 0; place < API_KEY.length; place += 1) {
    const code = API_KEY.charCodeAt(place);
    const written = write(code, code.toString(16));
    const text = API_KEY.slice(0, place) + written + API_KEY.slice(place + 1);
    expect([place, redactedBody(`it came as ${text}`, [API_KEY])]).toEqual([
      place,
      expect.not.stringMatching(/anar|456789/),
    ]);
  }
});

test("replaces a secret found in one response everywhere, with the same placeholder", () => {
  const { record, placeholders } = redact(
    recordOf(exchange({ secret: SECRET }), exchange(`echo: ${SECRET}`), { note: SECRET }),
    [],
  );
  const [created = "", echoed = ""] = bodiesOf(record);
  const { secret } = JSON.parse(created) as { secret: string };
  expect(echoed).toBe(`echo: ${secret}`);
  expect(JSON.stringify(record)).not.toContain("C2FVsBQI");
  expect(placeholders).toContain(secret);
  expect(Buffer.from(secret.slice("whsec_".length), "base64").toString()).toMatch(/^redacted /);
});

test.each([
  ["a long host name", `token=@ ${"a.".repeat(500_000)}`],
  ["the start of a web token, repeated", "eyJ-".repeat(250_000)],
  ["backslashes", "\\".repeat(1_000_000)],
  ["backslashes and the start of an escape", "\\\\u0041".repeat(100_000)],
])("reads a megabyte of %s in linear time: otherwise, this test would not end", (_, text) => {
  expect(redactedBody(text, [API_KEY])).toBe(text);
});

test("placeholders are unique and keep length and shape", () => {
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

describe("finds an unknown secret by its context", () => {
  const hidden = "aB3dE5fG7hJ9kL1m";
  test.each<[string, string, Record<string, string>]>([
    ["a cookie", "{}", { "set-cookie": `session=${hidden}; HttpOnly` }],
    ["a header", "{}", { "x-api-key": hidden }],
    ["a member in camel case", JSON.stringify({ clientSecret: hidden }), {}],
    ...["secret", "webhook_secret", "subscription-key", "auth", "signature"].map(
      (name): [string, string, object] => [
        `the parameter ${name} of a URL`,
        JSON.stringify({ next: `https://v.example/?page=1&${name}=${hidden}` }),
        {},
      ],
    ),
    ["a parameter of a URL", JSON.stringify({ next: `https://v.example/?page=1&code=${hidden}` }), {}],
    ["the password of a URL", `amqps://app:${hidden}@queue.example/`, {}],
    ["a connection string", `Endpoint=sb://v.example/;SharedAccessKey=${hidden}`, {}],
    ["a member of broken JSON", `{"client_secret": "${hidden}",}`, {}],
    ["a member of truncated JSON", `{"data":[{"password":"${hidden}`, {}],
    ["after an authentication scheme", `refused: Bearer ${hidden}`, {}],
  ])("%s", (_, body, headers) => {
    const { record } = redact(recordOf(exchange(body, { headers }), exchange(`again: ${hidden}`)), []);
    expect(JSON.stringify(record)).not.toContain(hidden);
  });

  test.each([
    ["a challenge", `Bearer realm="devices", error="invalid_token"`],
    ["a keyword of the manifest", `{"authorization":"optional","token":"none"}`],
    ["prose", "Basic authentication and Bearer authentication are both described at https://v.example/docs"],
  ])("leaves other text unchanged: %s", (_, body) => {
    const record = recordOf(exchange(body, { headers: { "www-authenticate": body } }));
    expect(redact(record, []).record).toEqual(record);
  });
});

test("replaces part of a secret with the same part of its placeholder", () => {
  const unpadded = `${SECRET.slice(0, -1)}s=`;
  const record = recordOf(exchange({ secret: unpadded }), exchange(`?key=${encodeURIComponent(unpadded)}`));
  const [created = "", cut = ""] = bodiesOf(redact(record, []).record);
  const { secret } = JSON.parse(created) as { secret: string };
  expect(decodeURIComponent(cut)).toBe(`?key=${secret}`);
});

test("keeps a short credential where it is a word of the suite or a member name", () => {
  const asked = exchange(
    { secret: SECRET, note: "your key is secret" },
    { url: "https://v.example/rotate-secret" },
  );
  const { record } = redact(recordOf(asked), ["secret"]);
  const [kept] = collectTraffic(record).exchanges;
  expect(kept?.request.url).toBe("https://v.example/rotate-secret");
  const body = JSON.parse(kept?.response?.body ?? "") as Record<string, string>;
  expect(Object.keys(body)).toEqual(["secret", "note"]);
  expect(body["note"]).not.toContain("secret");
});

test("replaces a short credential that escapes hide", () => {
  const kept = redactedBody(`{"note":"your key is try-\\u006de"}`, ["try-me"]);
  expect((JSON.parse(kept) as Record<string, string>)["note"]).not.toContain("try-me");
});

const signed = (body: string, over = body) => {
  const headers = { "webhook-id": "evt_1", "webhook-timestamp": "1700000000" };
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`evt_1.1700000000.${over}`).digest("base64");
  return delivery(body, { ...headers, "webhook-signature": `v1a,other v1,${mac}` });
};

test.each([
  ["a valid signature stays valid over changed bytes", signed(`{"note":"${SECRET}"}`), true],
  ["an invalid signature stays invalid", signed(`{"note":1}`, `{"note":2}`), false],
])("%s", (_, sent, verifies) => {
  const { record } = redact(recordOf(exchange({ secret: SECRET }), sent), []);
  const { exchanges, deliveries } = collectTraffic(record);
  const { secret } = JSON.parse(exchanges[0]?.response?.body ?? "") as { secret: string };
  const body = Buffer.from(deliveries[0]?.bodyBase64 ?? "", "base64").toString();
  const mac = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
    .update(`evt_1.1700000000.${body}`)
    .digest("base64");
  expect(body).not.toContain(SECRET);
  expect(deliveries[0]?.headers["webhook-signature"] === `v1a,other v1,${mac}`).toBe(verifies);
});

test("parses a body without secrets once, also if a header of the response has one", () => {
  const headers = { "x-token": SECRET };
  const original = exchange(JSON.stringify({ data: [] }), { headers });
  const read = jsonOf(original);
  const [copy] = collectTraffic(redact(recordOf(original), [SECRET]).record).exchanges;
  expect(copy?.response?.headers["x-token"]).not.toContain(SECRET);
  expect(copy && jsonOf(copy)).toBe(read);
});

test("leaves evidence without secrets unchanged, byte for byte", () => {
  const record = recordOf(exchange({ data: [{ name: "Door \u00e9" }] }), delivery({ id: "evt_1" }));
  expect(redact(record, [API_KEY]).record).toEqual(record);
});
