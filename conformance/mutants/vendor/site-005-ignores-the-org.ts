import { ignoreOrg, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SITE-005",
  defect: "the org filter of sites is ignored",
  behaviour: () => ignoreOrg("/v1/sites"),
});
