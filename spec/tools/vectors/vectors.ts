import { CLOCKS } from "./event-sequences/clocks.ts";
import { EVENTS } from "./event-sequences/events.ts";
import { SNAPSHOTS } from "./event-sequences/snapshots.ts";
import { BROKEN, COMPLETE } from "./pagination.ts";
import { DEVICE_PAYLOADS } from "./payloads/device.ts";
import { EVENT_PAYLOADS } from "./payloads/event.ts";
import { EVENT_FAMILY_PAYLOADS } from "./payloads/event-families.ts";
import { EXCHANGE_PAYLOADS } from "./payloads/exchange.ts";
import { MANIFEST_PAYLOADS } from "./payloads/manifest.ts";
import { ORG_AND_SITE_PAYLOADS } from "./payloads/org-and-site.ts";
import { PAGE_PAYLOADS } from "./payloads/page.ts";
import { V1_BAD } from "./signatures/v1-bad.ts";
import { V1_GOOD } from "./signatures/v1-good.ts";
import { V1A } from "./signatures/v1a.ts";
import { countries, ipAddresses, macAddresses, timestamps } from "./values.ts";
import { type VectorFile, vectorFile, written } from "./vector-file.ts";

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
const payloads = vectorFile(
  "Valid and invalid payloads of a schema (`schema`, a file in the folder `schemas`). For an invalid payload, `pointer` is the location of the fault, `requirement` is the violated requirement, and `reason` explains the fault.",
  Object.entries(ALL).flatMap(([schema, cases]) =>
    cases.map(({ name, ...rest }) => ({
      name: `${schema}: ${name}`,
      schema: `../schemas/${schema}.json`,
      ...rest,
    })),
  ),
);

/** Signed deliveries that a verifier accepts or refuses. @see spec/1.0/contract.md#signatures */
const signatures = vectorFile(
  "Deliveries, each with the verifier's keys and clock. `valid` says whether the delivery verifies. `body_base64` has the bytes of the body; `body` shows the same bytes if they are text.",
  [...V1_GOOD, ...V1_BAD, ...V1A],
);

/** The page that a vendor returns for each cursor, and the conclusion of a reader. @see spec/1.0/contract.md#pagination */
const pagination = vectorFile(
  "Listings as a vendor returns them. `answers` has the page for each cursor; the cursor of page one is null. `conclusion` says whether a reader may treat the listing as complete. `ids` has the ids of a complete listing.",
  [...COMPLETE, ...BROKEN],
);

/** Observations of one device in many orders, and the resulting status. @see spec/1.0/contract.md#order-of-observations */
const eventSequences = vectorFile(
  "Observations of one device, each with the moment at which the consumer received it. `orders` contains lists of positions in `observations`. `final` is the status that results from each of these orders.",
  [...EVENTS, ...SNAPSHOTS, ...CLOCKS],
);

/** Folder of the vectors, relative to the repository's root. */
export const VECTORS = "spec/1.0/vectors/";

const FILES: ReadonlyMap<string, VectorFile> = new Map<string, VectorFile>([
  ["signatures.json", signatures],
  ["payloads.json", payloads],
  ["pagination.json", pagination],
  ["event-sequences.json", eventSequences],
  ["mac-addresses.json", macAddresses],
  ["ip-addresses.json", ipAddresses],
  ["timestamps.json", timestamps],
  ["countries.json", countries],
]);

/** The content of every file of test vectors, by path in {@link VECTORS}. */
export const vectorFiles = (): Map<string, string> =>
  new Map([...FILES].map(([name, file]) => [name, written(file)]));
