import { describe, expect, it } from "vitest";
import { SigningSecrets } from "./signing-secrets.ts";

const START = new Date("2026-11-23T08:00:00Z");
const after = (hours: number) => new Date(START.getTime() + hours * 3_600_000);

describe("SigningSecrets", () => {
  it("keeps what a first rotation promised through a second one", () => {
    const secrets = new SigningSecrets("whsec_first");
    const { secret: second, previous_expires_at } = secrets.rotate(START);
    expect(previous_expires_at).toBe(after(24).toISOString());
    const { secret: third } = secrets.rotate(after(12));
    expect(secrets.current(after(23))).toEqual([third, second, "whsec_first"]);
    expect(secrets.current(after(24))).toEqual([third, second]);
    expect(secrets.current(after(36))).toEqual([third]);
  });

  it("signs with few secrets however often it is rotated", () => {
    const secrets = new SigningSecrets("whsec_first");
    for (let rotation = 0; rotation < 100; rotation += 1) secrets.rotate(START);
    expect(secrets.current(START)).toHaveLength(10);
  });
});
