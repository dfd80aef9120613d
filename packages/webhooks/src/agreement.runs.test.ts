import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { generateSecret } from "./key.ts";
import { sign } from "./sign.ts";
import { verify } from "./verify.ts";

const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";

/** Bodies: JSON, any Unicode text, empty texts, and control characters. */
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constant(""),
);

describe("agrees with the standardwebhooks package", () => {
  test("verifies its signatures", async () => {
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const key = generateSecret();
        const now = new Date();
        const headers = {
          "webhook-id": id,
          "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
          "webhook-signature": new Webhook(key).sign(id, now, text),
        };
        expect((await verify({ headers, body: text, keys: key })).id).toBe(id);
        expect((await verify({ headers, body: Buffer.from(text), keys: key })).keyIndex).toBe(0);
      }),
      { numRuns: 5000 },
    );
  });

  test("creates the signatures that it verifies", async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.boolean(), async (text, asBytes) => {
        const key = generateSecret();
        const headers = await sign({ id, body: asBytes ? Buffer.from(text) : text, keys: key });
        const signature = new Webhook(key).sign(
          id,
          new Date(Number(headers["webhook-timestamp"]) * 1000),
          text,
        );
        expect(headers["webhook-signature"]).toBe(signature);
        new Webhook(key).verify(text, headers, { jsonParse: false });
      }),
      { numRuns: 5000 },
    );
  });
});

test("reproduces the example signature of the Standard Webhooks specification", async () => {
  const headers = await sign({
    id,
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
    keys: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  });
  expect(headers).toEqual({
    "webhook-id": id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});
