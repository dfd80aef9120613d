import { generateKeyPair, generateSecret, verify } from "@convergint/webhooks";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createEndpointSigner,
  rotateSecrets,
  type SigningSecret,
  selectCurrentSecrets,
} from "./signing-secrets.ts";

const DAY = 86_400_000;
const current = (secrets: readonly SigningSecret[], now: number) =>
  selectCurrentSecrets(secrets, now).map(({ secret }) => secret);
const first: readonly SigningSecret[] = [{ secret: "first", expiresAt: null }];

describe("an endpoint's secrets", () => {
  it("keep the overlap of a first rotation through a second rotation", () => {
    const second = rotateSecrets(first, "second", { now: 0, overlapEnd: DAY });
    const third = rotateSecrets(second, "third", { now: DAY / 2, overlapEnd: DAY * 1.5 });
    expect(current(third, DAY - 1)).toEqual(["third", "second", "first"]);
    expect(current(third, DAY)).toEqual(["third", "second"]);
    expect(current(third, DAY * 1.5)).toEqual(["third"]);
  });

  it("are limited in number and always include the newest", () => {
    const rotations = fc.array(fc.record({ after: fc.nat(DAY), overlap: fc.nat(2 * DAY) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(rotations, (all) => {
        let [secrets, now] = [first, 0];
        for (const [index, { after, overlap }] of all.entries()) {
          now += after;
          const previous = current(secrets, now)[0];
          secrets = rotateSecrets(secrets, `secret_${index}`, { now, overlapEnd: now + overlap });
          const newest = current(secrets, now);
          expect(newest[0]).toBe(`secret_${index}`);
          expect(newest.length).toBeLessThanOrEqual(10);
          // The previous secret signs until the promised end of the overlap.
          if (overlap > 0) expect(current(secrets, now + overlap - 1)).toContain(previous);
        }
      }),
    );
  });
});

it("prepares an endpoint's keys again only when its secrets are replaced or one of them expires", async () => {
  const [old, newer, newest] = [generateSecret(), generateSecret(), generateSecret()];
  const { privateKey, publicKey } = await generateKeyPair();
  const store = new Map<string, SigningSecret[]>();
  store.set("a", [{ secret: old, expiresAt: null }]);
  store.set("b", rotateSecrets(store.get("a") ?? [], newer, { now: 0, overlapEnd: DAY }));
  store.set("c", rotateSecrets(store.get("b") ?? [], newest, { now: 2 * DAY, overlapEnd: 3 * DAY }));
  const opened: string[] = [];
  const signerOf = createEndpointSigner({
    open(sealed) {
      opened.push(String(sealed));
      return store.get(String(sealed)) ?? [];
    },
    signingKeys: [privateKey],
  });
  /** Signs, and returns which of the keys verify. */
  const signs = async (sealed: string, now: number) => {
    const headers = await signerOf(Buffer.from(sealed), now)({ id: "evt_1", body: "{}" });
    const keys = [old, newer, newest, publicKey];
    const verified = keys.map((key) => verify({ headers, body: "{}", keys: key }));
    return (await Promise.allSettled(verified)).flatMap(({ status }, at) =>
      status === "fulfilled" ? at : [],
    );
  };
  expect(await signs("a", 0)).toEqual([0, 3]);
  expect(await signs("a", 100 * DAY)).toEqual([0, 3]);
  expect(await signs("b", 0)).toEqual([0, 1, 3]);
  expect(await signs("b", DAY - 1)).toEqual([0, 1, 3]);
  expect(await signs("b", DAY)).toEqual([1, 3]);
  expect(await signs("b", 1.5 * DAY)).toEqual([1, 3]);
  expect(await signs("c", 2 * DAY)).toEqual([1, 2, 3]);
  expect(opened.join("")).toBe("abbc");
});
