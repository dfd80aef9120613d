import { mutant, takeForSuccess } from "../mutant.ts";

export default mutant({
  breaks: "DLV-006",
  defect: "410 ends the delivery and not the endpoint",
  behaviour: () => ({ send: takeForSuccess(410) }),
});
