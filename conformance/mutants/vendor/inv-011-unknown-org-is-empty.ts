import { emptyForUnknown, mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-011",
  defect: "an org that does not exist looks like one without devices",
  behaviour: () => ({ answer: emptyForUnknown("/v1/devices", "org_id") }),
});
