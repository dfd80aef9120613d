import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { deviceSchema } from "./device.ts";
import { canonicalIpAddress } from "./network-address.ts";
import { canonicalCountry, countrySchema, siteSchema } from "./site.ts";
import { timestampSchema } from "./timestamp.ts";
import { canonicalMacAddress, sortableTimestamp } from "./values.ts";

interface Value {
  readonly name: string;
  readonly input: string;
  readonly canonical: string | null;
  readonly unix_nanoseconds?: string | null;
}

const casesOf = async (file: string): Promise<Value[]> =>
  JSON.parse(await readFile(new URL(`../../../spec/1.0/vectors/${file}`, import.meta.url), "utf8")).cases;

const DEVICE = { device_id: "d", org_id: "o", site_id: "s", name: "North entrance", type: "camera" };
const SITE = { site_id: "s", org_id: "o", name: "Science Hall" };

describe.each([
  ["mac-addresses.json", canonicalMacAddress, "mac_addresses"],
  ["ip-addresses.json", canonicalIpAddress, "ip_addresses"],
] as const)("%s", async (file, canonicalAddress, member) => {
  test.each(await casesOf(file))("$name", ({ input, canonical }) => {
    expect(canonicalAddress(input)).toBe(canonical);
    expect(deviceSchema.parse({ ...DEVICE, [member]: [input] })[member]).toEqual([canonical ?? input]);
  });
});

describe("countries.json", async () => {
  test.each(await casesOf("countries.json"))("$name", ({ input, canonical }) => {
    const site = siteSchema.safeParse({ ...SITE, address: { country: input } });
    expect(site.data?.address?.country ?? null).toBe(canonical);
    expect(countrySchema.safeParse(input).success).toBe(canonical !== null);
    if (canonical !== null) expect(canonicalCountry(input)).toBe(canonical);
  });
});

describe("timestamps.json", async () => {
  const cases = await casesOf("timestamps.json");

  test.each(cases)("$name", ({ input, canonical }) => {
    expect(timestampSchema.safeParse(input).data ?? null).toBe(canonical);
  });

  test("sort like the moments that they name", () => {
    const known = cases.flatMap(({ input, unix_nanoseconds }) =>
      typeof unix_nanoseconds === "string"
        ? [{ sortable: sortableTimestamp(input), moment: BigInt(unix_nanoseconds) }]
        : [],
    );
    expect(known.length).toBeGreaterThan(10);
    for (const a of known) for (const b of known) expect(a.sortable < b.sortable).toBe(a.moment < b.moment);
  });
});
