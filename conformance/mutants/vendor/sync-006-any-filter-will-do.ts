import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-006",
  defect: "a token is good for every filter",
  behaviour: () => {
    const seen = new Set<string>();
    return {
      receive({ path, query }) {
        const { since, site_id } = query;
        if (path !== "/v1/devices" || since === undefined) return;
        // Sent without a filter before, so given without one.
        if (site_id === undefined) seen.add(since);
        else if (seen.has(since)) delete query["site_id"];
      },
    };
  },
});
