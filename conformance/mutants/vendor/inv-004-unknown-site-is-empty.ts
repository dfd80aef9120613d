import { emptyForUnknown, mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-004",
  defect: "a site that does not exist looks like an empty one",
  behaviour: () => ({ answer: emptyForUnknown("/v1/devices", "site_id") }),
});
