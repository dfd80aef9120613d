import { expect, test } from "vitest";
import { basicLogin, secretsAmong, variablesOf } from "./credentials.ts";

test("returns every secret, including the client secret as sent, but not the client id", () => {
  const client = { clientId: "id: one", clientSecret: "a secret/+" };
  const secrets = secretsAmong({ apiKey: "k1", withdrawnApiKey: "k2", client });
  expect(secrets).toEqual(["k1", "k2", "a secret/+", "a+secret%2F%2B", basicLogin(client)]);
  expect(Buffer.from(basicLogin(client), "base64").toString()).toBe("id%3A+one:a+secret%2F%2B");
  expect(secretsAmong({ apiKey: "k1" })).toEqual(["k1"]);
});

test("maps each key to its environment variable", () => {
  const client = { clientId: "id", clientSecret: "secret" };
  expect([...variablesOf({ apiKey: "k1", productionApiKey: "k2", client })]).toEqual([
    ["k1", "CONFORMANCE_API_KEY"],
    ["k2", "CONFORMANCE_PRODUCTION_API_KEY"],
  ]);
});
