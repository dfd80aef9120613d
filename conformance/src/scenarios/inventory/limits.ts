import { memberOf, objectOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";

/** Asks for a page as large as the manifest allows, for one larger, and for one compressed. */
export const limits = scenario(
  "limits",
  "Ask for the largest page",
  ["discovery", "orgs"],
  async ({ discovery }, { recorder }) => {
    const maxPageSize = memberOf(objectOf(discovery.manifest), "inventory")?.["max_page_size"];
    if (typeof maxPageSize !== "number" || !Number.isInteger(maxPageSize) || maxPageSize < 1) {
      throw new CannotDriveError("the manifest has no usable inventory.max_page_size; see MAN-001");
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
        purpose: "ask for a page as one who reads gzip",
        url: apiUrl(discovery, "/v1/devices", { limit: String(maxPageSize) }),
        headers: { "accept-encoding": "gzip" },
      }),
    };
  },
);
