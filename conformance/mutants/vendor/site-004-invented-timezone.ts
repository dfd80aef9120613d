import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SITE-004",
  defect: "a time zone is named that no database knows",
  behaviour: () => ({
    answer: changeEach("/v1/sites", (site) => {
      site.timezone = "America/Springfield";
    }),
  }),
});
