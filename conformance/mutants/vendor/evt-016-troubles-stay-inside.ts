import { loseEvents, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-016",
  defect: "troubles are listed in the manifest and not posted",
  behaviour: () => loseEvents("trouble.raised"),
});
