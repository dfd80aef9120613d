import { mutant, takeForSuccess } from "../mutant.ts";

export default mutant({
  breaks: "DLV-004",
  defect: "429 is taken for success",
  behaviour: () => ({ send: takeForSuccess(429) }),
});
