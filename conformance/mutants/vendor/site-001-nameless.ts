import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SITE-001",
  defect: "sites have no name",
  behaviour: () => ({
    answer: changeEach("/v1/sites", (site) => {
      delete site.name;
    }),
  }),
});
