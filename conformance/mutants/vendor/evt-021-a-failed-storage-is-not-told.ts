import { loseEvents, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-021",
  defect: "a storage that fails is not posted",
  behaviour: () => loseEvents("storage.failed"),
});
