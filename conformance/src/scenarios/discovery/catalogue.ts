import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Reads the event catalogue. */
export const catalogue = scenario(
  "catalogue",
  "Read the event catalogue",
  ["discovery", "orgs"],
  async ({ discovery }, { recorder }) => ({
    exchange: await recorder.call({
      purpose: "read the event catalogue",
      url: apiUrl(discovery, "/v1/event-catalog"),
    }),
  }),
);
