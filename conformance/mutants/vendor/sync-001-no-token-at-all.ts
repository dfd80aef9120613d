import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-001",
  defect: "incremental sync is declared, and no listing has a sync_token",
  behaviour: () => ({
    answer: ({ body }) => {
      delete body?.sync_token;
    },
  }),
});
