import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-004",
  defect: "a site that does not exist looks like an empty one",
  behaviour: () => ({
    answer(answer, { path, query }) {
      if (path !== "/v1/devices" || query["site_id"] === undefined || answer.status !== 404) return;
      answer.status = 200;
      answer.headers["content-type"] = "application/json";
      answer.body = {
        data: [],
        next_cursor: null,
        snapshot: { id: "none", as_of: new Date().toISOString(), total_count: 0 },
      };
    },
  }),
});
