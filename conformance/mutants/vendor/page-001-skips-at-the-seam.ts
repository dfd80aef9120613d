import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-001",
  defect: "the first device of each further small page is skipped",
  behaviour: () => ({
    answer({ status, body }, { path, query }) {
      if (status !== 200 || path !== "/v1/devices") return;
      // Without a count, nothing but the ids gives it away.
      delete body.snapshot.total_count;
      if (query["cursor"] !== undefined && query["limit"] === "100") body.data.shift();
    },
  }),
});
