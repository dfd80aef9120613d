import { loseEvents, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-019",
  defect: "that a door is secured again is not posted",
  behaviour: () => loseEvents("door.secured"),
});
