import { loseEvents, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-015",
  defect: "that an alarm was cleared is not posted",
  behaviour: () => loseEvents("alarm.cleared"),
});
