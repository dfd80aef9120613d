import { ignoreOrg, mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-007",
  defect: "the org filter of devices is ignored",
  behaviour: () => ignoreOrg("/v1/devices"),
});
