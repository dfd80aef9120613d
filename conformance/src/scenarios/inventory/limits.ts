import type { Exchange } from "../../evidence/exchange.ts";
import { listOf, memberOf, objectOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";

/** Too large for a signed integer of 32 bits. */
const HUGE = 2 ** 31;
/** The number of items on a page without `limit`. */
const DEFAULT = 100;
/** How often to repeat a call for a page that is suspiciously short; a single page may be short. */
const REPETITIONS = 2;

const sizeOf = (page: Exchange): number => listOf(objectOf(page), "data").length;

/** Requests a page of the declared maximum size, larger pages, and a compressed page. */
export const limits = scenario(
  "limits",
  "Request the largest page",
  ["discovery", "orgs"],
  async ({ discovery }, { recorder }) => {
    const maxPageSize = memberOf(objectOf(discovery.manifest), "inventory")?.["max_page_size"];
    if (typeof maxPageSize !== "number" || !Number.isInteger(maxPageSize) || maxPageSize < 1) {
      throw new CannotDriveError("the manifest has no valid inventory.max_page_size; see MAN-001");
    }
    const ask = (limit: number, kind: "orgs" | "sites" | "devices" = "devices") =>
      recorder.call({
        purpose: `list ${kind}, ${limit} a page`,
        url: apiUrl(discovery, `/v1/${kind}`, { limit: String(limit) }),
      });
    const atMaximum = await ask(maxPageSize);
    const aboveMaximum = await ask(maxPageSize + 1);
    const repeated = [];
    for (
      let count = 0;
      count < REPETITIONS && isShort(repeated.at(-1) ?? aboveMaximum, atMaximum);
      count += 1
    )
      repeated.push(await ask(maxPageSize + 1));
    return {
      maxPageSize,
      atMaximum,
      aboveMaximum,
      repeated,
      others: [
        await ask(HUGE),
        await ask(maxPageSize, "orgs"),
        await ask(maxPageSize + 1, "orgs"),
        await ask(maxPageSize, "sites"),
        await ask(maxPageSize + 1, "sites"),
      ],
      compressed: await recorder.call({
        purpose: "ask for a page with gzip",
        url: apiUrl(discovery, "/v1/devices", { limit: String(maxPageSize) }),
        headers: { "accept-encoding": "gzip" },
      }),
    };
  },
  { changes: "nothing" },
);

/** Tells whether one page has at most as many items as a page without `limit`, but another page has more. */
const isShort = (page: Exchange, other: Exchange): boolean =>
  page.response?.status === 200 && sizeOf(page) <= DEFAULT && sizeOf(other) > DEFAULT;
