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

/** Payloads that each published schema accepts or refuses. */
export const payloads = vectorFile(
  "Payloads that a schema (`schema`, a file beside this folder) accepts or refuses. Where one is refused, `pointer` says what is wrong with it, `requirement` by which requirement, and `reason` why.",
  Object.entries(ALL).flatMap(([schema, cases]) =>
    cases.map(({ name, ...rest }) => ({
      name: `${schema}: ${name}`,
      schema: `../schemas/${schema}.json`,
      ...rest,
    })),
  ),
);
