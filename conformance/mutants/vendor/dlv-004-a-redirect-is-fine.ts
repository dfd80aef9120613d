import { mutant, takeForSuccess } from "../mutant.ts";

export default mutant({
  breaks: "DLV-004",
  defect: "a redirect is taken for success",
  behaviour: () => ({ send: takeForSuccess(307) }),
});
