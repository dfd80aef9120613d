import { emptyForUnknown, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-026",
  defect: "backfill of an org that does not exist is an empty page",
  behaviour: () => ({ answer: emptyForUnknown("/v1/events", "org_id") }),
});
