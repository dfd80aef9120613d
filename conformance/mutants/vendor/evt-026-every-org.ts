import { ignoreOrg, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-026",
  defect: "backfill does not look at the org",
  behaviour: () => ignoreOrg("/v1/events"),
});
