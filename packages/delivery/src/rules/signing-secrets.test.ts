import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rotateSecrets, type SigningSecret, selectCurrentSecrets } from "./signing-secrets.ts";

const DAY = 86_400_000;
const first: readonly SigningSecret[] = [{ secret: "first", expiresAt: null }];

describe("an endpoint's secrets", () => {
  it("keep the overlap of a first rotation through a second rotation", () => {
    const second = rotateSecrets(first, "second", { now: 0, overlapEnd: DAY });
    const third = rotateSecrets(second, "third", { now: DAY / 2, overlapEnd: DAY * 1.5 });
    expect(selectCurrentSecrets(third, DAY - 1)).toEqual(["third", "second", "first"]);
    expect(selectCurrentSecrets(third, DAY)).toEqual(["third", "second"]);
    expect(selectCurrentSecrets(third, DAY * 1.5)).toEqual(["third"]);
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
          const previous = selectCurrentSecrets(secrets, now)[0];
          secrets = rotateSecrets(secrets, `secret_${index}`, { now, overlapEnd: now + overlap });
          const current = selectCurrentSecrets(secrets, now);
          expect(current[0]).toBe(`secret_${index}`);
          expect(current.length).toBeLessThanOrEqual(10);
          // The previous secret signs until the promised end of the overlap.
          if (overlap > 0) expect(selectCurrentSecrets(secrets, now + overlap - 1)).toContain(previous);
        }
      }),
    );
  });
});
