import { mutant, takeForSuccess } from "../mutant.ts";

export default mutant({
  breaks: "DLV-001",
  defect: "what was answered with 500 is not tried again",
  behaviour: () => ({ send: takeForSuccess(500) }),
});
