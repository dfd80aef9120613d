import { invalid, ORG, type PayloadCases, SITE, valid, without } from "./samples.ts";

const site = (changes: object) => ({ ...SITE, ...changes });

/** Orgs and sites. */
export const ORG_AND_SITE_PAYLOADS: PayloadCases = {
  Org: [
    valid("the required members, and no more", ORG),
    valid("null for every optional member, and an unknown member", {
      ...ORG,
      updated_at: null,
      tier: "gold",
    }),
    invalid("without org_id", without(ORG, "org_id"), ["/org_id", "ORG-001", "org_id is required."]),
    invalid("without a name", without(ORG, "name"), [
      "/name",
      "ORG-001",
      "People recognise the account by its name.",
    ]),
    invalid("a number instead of an id", { ...ORG, org_id: 42 }, ["/org_id", "ORG-001", "Ids are strings."]),
    invalid("updated_at with another offset", { ...ORG, updated_at: "2026-11-23T09:30:00+01:00" }, [
      "/updated_at",
      "ORG-001",
      "Times are in UTC: Z or +00:00.",
    ]),
  ],
  Site: [
    valid("the required members, and no more", SITE),
    valid(
      "every member of the contract",
      site({
        address: {
          street: "12 College Road",
          city: "Northfield",
          region: "MN",
          postal_code: "55057",
          country: "US",
        },
        coordinates: { latitude: 44.4583, longitude: -93.1616 },
        timezone: "America/Chicago",
        updated_at: "2026-11-23T08:30:00Z",
        attributes: { building_code: "SCI" },
      }),
    ),
    valid("null for every optional member", site({ address: null, coordinates: null, timezone: null })),
    valid("an address with only a city", site({ address: { city: "Northfield", street: null } })),
    valid("a country in lower case", site({ address: { country: "us" } })),
    valid("UK, which readers normalize to GB", site({ address: { country: "UK" } })),
    valid("time zones of one, two and three parts", site({ timezone: "America/Argentina/Buenos_Aires" })),
    valid("the time zone UTC", site({ timezone: "UTC" })),
    valid("a time zone with a number", site({ timezone: "Etc/GMT+6" })),
    valid("the North Pole", site({ coordinates: { latitude: 90, longitude: 180, accuracy_m: 5 } })),
    ...(["site_id", "org_id", "name"] as const).map((member) =>
      invalid(`without ${member}`, without(SITE, member), [
        `/${member}`,
        "SITE-001",
        `${member} is required.`,
      ]),
    ),
    invalid("an empty name", site({ name: "" }), [
      "/name",
      "SITE-001",
      "People recognise the place by its name.",
    ]),
    invalid("the country USA", site({ address: { country: "USA" } }), [
      "/address/country",
      "SITE-001",
      "Countries are ISO 3166-1 alpha-2: US.",
    ]),
    invalid("a country by its name", site({ address: { country: "United States" } }), [
      "/address/country",
      "SITE-001",
      "Countries are ISO 3166-1 alpha-2: US.",
    ]),
    invalid("a time zone of Windows", site({ timezone: "Central Standard Time" }), [
      "/timezone",
      "SITE-001",
      "Time zones are those of the IANA database: America/Chicago.",
    ]),
    invalid("an offset instead of a time zone", site({ timezone: "-06:00" }), [
      "/timezone",
      "SITE-001",
      "An offset does not cover daylight saving time: send a time zone name, such as America/Chicago.",
    ]),
    invalid("an address as one string", site({ address: "12 College Road, Northfield, MN 55057" }), [
      "/address",
      "SITE-001",
      "An address is an object; send an unstructured address as its street.",
    ]),
    invalid("a latitude beyond the pole", site({ coordinates: { latitude: 90.1, longitude: 0 } }), [
      "/coordinates/latitude",
      "SITE-001",
      "Latitudes are -90 to 90.",
    ]),
    invalid("a latitude without a longitude", site({ coordinates: { latitude: 44.4583 } }), [
      "/coordinates/longitude",
      "SITE-001",
      "A position has both a latitude and a longitude.",
    ]),
    invalid("coordinates as strings", site({ coordinates: { latitude: 44.4583, longitude: "-93.1616" } }), [
      "/coordinates/longitude",
      "SITE-001",
      "Degrees are numbers.",
    ]),
  ],
};
