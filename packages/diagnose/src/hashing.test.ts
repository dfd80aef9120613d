import fc from "fast-check";
import { expect, test } from "vitest";
import { type Hash, hasher, webHasher } from "./hashing.ts";

test("node:crypto and WebCrypto compute the same hashes", async () => {
  expect(hasher).not.toBe(webHasher);
  const hash = fc.constantFrom<Hash[]>("SHA-1", "SHA-256", "SHA-384", "SHA-512");
  const bytes = fc.uint8Array({ maxLength: 200 }).map((of) => Uint8Array.from(of));
  await fc.assert(
    fc.asyncProperty(hash, bytes, bytes, async (of, key, message) => {
      const [node, web] = [hasher, webHasher].map((each) => each.createHmac(of, key)(message));
      expect(Buffer.from((await node) ?? [])).toEqual(Buffer.from((await web) ?? []));
      const plain = await hasher.digest(of, message);
      expect(Buffer.from(plain)).toEqual(Buffer.from(await webHasher.digest(of, message)));
    }),
  );
});
