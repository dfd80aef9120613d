import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-003",
  defect: "a page has twice as many devices as were asked for",
  behaviour: () => ({
    receive({ path, query }) {
      if (path !== "/v1/devices" || !/^[1-9]\d*$/.test(query["limit"] ?? "")) return;
      if (query["cursor"] === undefined) query["limit"] = String(Number(query["limit"]) * 2);
      else delete query["limit"];
    },
  }),
});
