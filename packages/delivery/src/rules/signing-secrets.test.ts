import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currentSecrets, rotate, type SigningSecret } from "./signing-secrets.ts";

const DAY = 86_400_000;
const first: readonly SigningSecret[] = [{ secret: "first", expiresAt: null }];

describe("an endpoint's secrets", () => {
  it("keep what a first rotation promised through a second one", () => {
    const second = rotate(first, "second", { now: 0, overlapEnd: DAY });
    const third = rotate(second, "third", { now: DAY / 2, overlapEnd: DAY * 1.5 });
    expect(currentSecrets(third, DAY - 1)).toEqual(["third", "second", "first"]);
    expect(currentSecrets(third, DAY)).toEqual(["third", "second"]);
    expect(currentSecrets(third, DAY * 1.5)).toEqual(["third"]);
  });

  it("are few, however often they are rotated, and the newest is always among them", () => {
    const rotations = fc.array(fc.record({ after: fc.nat(DAY), overlap: fc.nat(2 * DAY) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(rotations, (all) => {
        let [secrets, now] = [first, 0];
        for (const [index, { after, overlap }] of all.entries()) {
          now += after;
          const previous = currentSecrets(secrets, now)[0];
          secrets = rotate(secrets, `secret_${index}`, { now, overlapEnd: now + overlap });
          const current = currentSecrets(secrets, now);
          expect(current[0]).toBe(`secret_${index}`);
          expect(current.length).toBeLessThanOrEqual(10);
          // The one before signs until its promised end.
          if (overlap > 0) expect(currentSecrets(secrets, now + overlap - 1)).toContain(previous);
        }
      }),
    );
  });
});
