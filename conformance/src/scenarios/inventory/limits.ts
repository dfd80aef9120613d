import { memberOf, objectOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";

/** Requests a page of the declared maximum size, a larger page, and a compressed page. */
export const limits = scenario(
  "limits",
  "Request the largest page",
  ["discovery", "orgs"],
  async ({ discovery }, { recorder }) => {
    const maxPageSize = memberOf(objectOf(discovery.manifest), "inventory")?.["max_page_size"];
    if (typeof maxPageSize !== "number" || !Number.isInteger(maxPageSize) || maxPageSize < 1) {
      throw new CannotDriveError("the manifest has no valid inventory.max_page_size; see MAN-001");
    }
    const ask = (limit: number) =>
      recorder.call({
        purpose: `list devices, ${limit} a page`,
        url: apiUrl(discovery, "/v1/devices", { limit: String(limit) }),
      });
    return {
      maxPageSize,
      atMaximum: await ask(maxPageSize),
      aboveMaximum: await ask(maxPageSize + 1),
      compressed: await recorder.call({
        purpose: "ask for a page with gzip",
        url: apiUrl(discovery, "/v1/devices", { limit: String(maxPageSize) }),
        headers: { "accept-encoding": "gzip" },
      }),
    };
  },
);
