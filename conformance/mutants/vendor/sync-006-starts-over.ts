import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-006",
  defect: "a token that it does not know starts a full listing",
  behaviour: () => ({
    receive({ path, query }) {
      if (path === "/v1/devices" && !query["since"]?.includes(".")) delete query["since"];
    },
  }),
});
