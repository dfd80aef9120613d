import { DEVICE_PAYLOADS } from "./payloads/device.ts";
import { EVENT_PAYLOADS } from "./payloads/event.ts";
import { EVENT_FAMILY_PAYLOADS } from "./payloads/event-families.ts";
import { EXCHANGE_PAYLOADS } from "./payloads/exchange.ts";
import { MANIFEST_PAYLOADS } from "./payloads/manifest.ts";
import { ORG_AND_SITE_PAYLOADS } from "./payloads/org-and-site.ts";
import { PAGE_PAYLOADS } from "./payloads/page.ts";
import { vectorFile } from "./vector-file.ts";

const ALL = {
  ...MANIFEST_PAYLOADS,
  ...ORG_AND_SITE_PAYLOADS,
  ...DEVICE_PAYLOADS,
  ...PAGE_PAYLOADS,
  ...EVENT_PAYLOADS,
  ...EVENT_FAMILY_PAYLOADS,
  ...EXCHANGE_PAYLOADS,
};

/** Valid and invalid payloads of each published schema. */
export const payloads = vectorFile(
  "Valid and invalid payloads of a schema (`schema`, a file in the folder `schemas`). For an invalid payload, `pointer` is the location of the fault, `requirement` is the violated requirement, and `reason` explains the fault.",
  Object.entries(ALL).flatMap(([schema, cases]) =>
    cases.map(({ name, ...rest }) => ({
      name: `${schema}: ${name}`,
      schema: `../schemas/${schema}.json`,
      ...rest,
    })),
  ),
);
