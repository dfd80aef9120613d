import { changesListed, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-003",
  defect: "what was removed is not listed any more",
  behaviour: () => ({
    answer: changesListed((device) => device.lifecycle !== "removed"),
  }),
});
