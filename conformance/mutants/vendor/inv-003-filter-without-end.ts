import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-003",
  defect: "the last page of a site's devices leads to itself",
  behaviour: () => ({
    answer({ status, body }, { path, query }) {
      if (status !== 200 || path !== "/v1/devices" || body.data.length === 0) return;
      if (query["site_id"] !== undefined && query["since"] === undefined)
        body.next_cursor = query["cursor"] ?? body.next_cursor ?? "again";
    },
    receive({ path, query }) {
      if (path === "/v1/devices" && query["cursor"] === "again") delete query["cursor"];
    },
  }),
});
