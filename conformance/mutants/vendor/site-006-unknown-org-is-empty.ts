import { emptyForUnknown, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SITE-006",
  defect: "an org that does not exist looks like one without sites",
  behaviour: () => ({ answer: emptyForUnknown("/v1/sites", "org_id") }),
});
