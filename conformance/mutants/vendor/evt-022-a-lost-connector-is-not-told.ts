import { loseEvents, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-022",
  defect: "a connector that loses its connection is not posted",
  behaviour: () => loseEvents("connector.disconnected"),
});
