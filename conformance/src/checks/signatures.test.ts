import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

describe("SIG-004", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const other = generateKeyPairSync("ed25519");
  const whpk = (key: typeof publicKey) =>
    `whpk_${Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url").toString("base64")}`;
  const body = '{"id":"e"}';
  const signature = `v1a,${sign(null, Buffer.from(`e.1764000000.${body}`), privateKey).toString("base64")}`;
  const evidence = (
    signatures: string,
    { keys = [whpk(publicKey)], schemes = ["v1", "v1a"], sent = body } = {},
  ) => ({
    discovery: { manifest: exchange({ webhooks: { signature_schemes: schemes, public_keys: keys } }) },
    endpoints: { created: exchange({}), otherCreated: exchange({}) },
    health: {
      secret: "",
      deliveries: [
        delivery(sent, {
          "webhook-id": "e",
          "webhook-timestamp": "1764000000",
          "webhook-signature": signatures,
        }),
      ],
    },
    lifecycle: { rotation: exchange({}), deliveries: [], otherDeliveries: [] },
  });

  test.each<[string, object, string]>([
    ["a signature by a key in the manifest", evidence(signature), "pass"],
    ["the same signature with others", evidence(`v1,AAAA ${signature}`), "pass"],
    [
      "a key that is being replaced",
      evidence(signature, { keys: [whpk(other.publicKey), whpk(publicKey)] }),
      "pass",
    ],
    ["no v1a signature", evidence("v1,AAAA"), "fail"],
    ["another key", evidence(signature, { keys: [whpk(other.publicKey)] }), "fail"],
    ["no readable key", evidence(signature, { keys: ["whpk_AAAA", "whpk_", ""] }), "fail"],
    ["another body", evidence(signature, { sent: '{"id": "e"}' }), "fail"],
    ["an invalid signature", evidence("v1a,!"), "fail"],
    ["v1a not declared", evidence("v1,AAAA", { schemes: ["v1"] }), "not-applicable"],
  ])("%s: %s", async (_, parts, outcome) => {
    expect(await outcomeOf("SIG-004", parts)).toBe(outcome);
  });
});
