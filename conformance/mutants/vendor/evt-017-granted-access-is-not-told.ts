import { loseEvents, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-017",
  defect: "an access that is granted is not posted",
  behaviour: () => loseEvents("access.granted"),
});
