import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-001",
  defect: "a listing with a filter has no sync_token",
  behaviour: () => ({
    answer({ status, body }, { path, query }) {
      if (status === 200 && path === "/v1/devices" && query["org_id"] !== undefined) delete body.sync_token;
    },
  }),
});
