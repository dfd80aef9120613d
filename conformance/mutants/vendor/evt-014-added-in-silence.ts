import { loseEvents, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-014",
  defect: "a device that is added is not posted",
  behaviour: () => loseEvents("device.added"),
});
