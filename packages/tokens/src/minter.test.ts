import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { createAssertionSigner, createTokenMinter, type TokenMinterOptions } from "./minter.ts";
import { readPrivateKey } from "./private-key.ts";
import { verifyConsumerToken } from "./verify.ts";

const START = Date.parse("2026-11-23T08:30:00Z");
const key = readPrivateKey({
  ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }),
  kid: "k1",
});

/** A minter whose clock the test sets, in seconds after the start. */
function minting(options: Partial<TokenMinterOptions> = {}) {
  const clock = { seconds: 0 };
  let ids = 0;
  const createId = () => `id-${++ids}`;
  const now = () => START + clock.seconds * 1000;
  return { clock, minter: createTokenMinter({ key, issuer: "convergint", now, createId, ...options }) };
}

const httpDate = (seconds: number) => new Date(START + seconds * 1000).toUTCString();

describe("a minter", () => {
  test("signs what the contract says", async () => {
    const { minter } = minting({ audience: "https://api.vendor.example" });
    const token = await minter.current();
    expect(decodeProtectedHeader(token)).toEqual({ alg: "EdDSA", typ: "JWT", kid: "k1" });
    const iat = START / 1000 - 30;
    const aud = "https://api.vendor.example";
    expect(decodeJwt(token)).toEqual({ iss: "convergint", aud, iat, exp: iat + 600, jti: "id-1" });
  });

  test("omits aud and kid if there are none", async () => {
    const plain = readPrivateKey({ ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }) });
    const token = await minting({ key: plain }).minter.current();
    expect(decodeJwt(token)).not.toHaveProperty("aud");
    expect(decodeProtectedHeader(token)).toEqual({ alg: "EdDSA", typ: "JWT" });
  });

  test("keeps a token until most of its lifetime has passed, and after the clock was set back", async () => {
    const { clock, minter } = minting();
    const ids: unknown[] = [];
    for (const seconds of [0, 449, 450, 451, -30, -3600]) {
      clock.seconds = seconds;
      ids.push(decodeJwt(await minter.current()).jti);
    }
    expect(ids).toEqual(["id-1", "id-1", "id-2", "id-2", "id-3", "id-4"]);
  });

  test("signs one token for concurrent calls", async () => {
    const { minter } = minting();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => minter.current()))).size).toBe(1);
  });

  test.each([
    ["ahead", 3600],
    ["behind", -3600],
  ])("follows a vendor's clock that is %s", async (_, skew) => {
    const { clock, minter } = minting();
    const refused = await minter.current();
    const next = await minter.insteadOf(refused, httpDate(skew));
    expect(decodeJwt(next ?? "").iat).toBe(START / 1000 + skew - 30);
    clock.seconds = 1000;
    expect(decodeJwt(await minter.current()).iat).toBe(START / 1000 + 1000 + skew - 30);
  });

  test.each([
    ["the clocks agree", httpDate(0)],
    ["the clocks differ by less than the token's age allows", httpDate(-29)],
    ["there is no Date", null],
    ["the Date is unreadable", "soon"],
    ["the clocks differ by days, which a person has to repair", httpDate(3 * 86_400)],
  ])("has no other token if %s", async (_, date) => {
    const { minter } = minting();
    const refused = await minter.current();
    expect(await minter.insteadOf(refused, date)).toBeNull();
    expect(await minter.current()).toBe(refused);
  });

  test("has another token if a token was refused that another call replaced", async () => {
    const { minter } = minting();
    const refused = await minter.current();
    const [one, other] = await Promise.all([
      minter.insteadOf(refused, httpDate(3600)),
      minter.insteadOf(refused, httpDate(3600)),
    ]);
    expect(one).not.toBe(refused);
    expect(other).toBe(one);
  });

  test.each([0, 9, 3601, 60.5, Number.NaN])("refuses a lifetime of %s s", (lifetimeSeconds) => {
    expect(() => minting({ lifetimeSeconds })).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });

  test("has short tokens that a vendor with a slow clock accepts", async () => {
    const { minter } = minting({ lifetimeSeconds: 60 });
    const token = await minter.current();
    const options = {
      keys: [{ publicKey: key.publicKey() }],
      issuer: "convergint",
      algorithms: ["EdDSA"] as const,
    };
    const slow = { ...options, maxLifetimeSeconds: 60, now: () => START - 60_000 };
    expect((await verifyConsumerToken(token, slow)).claims["jti"]).toBe("id-1");
  });
});

describe("an assertion", () => {
  test("is what RFC 7523 says, with another jti each time", async () => {
    const tokenUrl = "https://auth.vendor.example/token";
    let ids = 0;
    const signer = createAssertionSigner({
      key,
      clientId: "client",
      tokenUrl,
      now: () => START,
      createId: () => `id-${++ids}`,
    });
    const [one, other] = [decodeJwt(await signer.sign()), decodeJwt(await signer.sign())];
    const iat = START / 1000 - 12;
    expect(one).toEqual({ iss: "client", sub: "client", aud: tokenUrl, iat, exp: iat + 120, jti: "id-1" });
    expect(other.jti).toBe("id-2");
    expect(signer.isExplainedBy(httpDate(0))).toBe(false);
    expect(signer.isExplainedBy(httpDate(-90))).toBe(true);
    expect(decodeJwt(await signer.sign()).iat).toBe(iat - 90);
  });
});
