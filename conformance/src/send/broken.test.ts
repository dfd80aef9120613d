import { diagnose } from "@convergint/diagnose";
import { verify } from "@convergint/webhooks";
import { expect, test } from "vitest";
import { addTraps, BROKEN_NAMES, eventAgeOf, makeBroken } from "./broken.ts";

// Fixed, because a few signatures in a thousand happen to look like another mistake.
const secret = `whsec_${Buffer.alloc(32, "a fixed secret").toString("base64")}`;
let ids = 0;
const now = new Date("2026-11-30T08:31:09.417Z");

const make = (name: (typeof BROKEN_NAMES)[number]) =>
  makeBroken(
    name,
    () => {
      const id = `5d1f2c3a-8c1b-4d52-9b1e-${String(++ids).padStart(12, "0")}`;
      const time = new Date(now.getTime() - eventAgeOf(name) * 1000).toISOString();
      const data = addTraps({ org_id: "org-1", site_id: "hq", device_id: "d-1" });
      return { id, text: JSON.stringify({ specversion: "1.0", id, type: "x", time, data }) };
    },
    secret,
    now,
  );

test.each(BROKEN_NAMES)("%s is diagnosed as this mistake only, and refused", async (name) => {
  const { headers, body } = await make(name);
  const delivery = { headers: headers as Record<string, string | string[]>, body };
  const diagnosis = await diagnose({ ...delivery, keys: secret, now });
  expect(diagnosis).toMatchObject({ verdict: "mistake", mistakes: [{ code: name }] });
  expect(diagnosis).toHaveProperty("mistakes.length", 1);
  await expect(verify({ ...delivery, keys: secret, now })).rejects.toThrow();
});
