import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-001",
  defect: "the first page has a sync_token, whatever follows",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 200 && path === "/v1/devices") body.sync_token ??= "too-soon";
    },
  }),
});
