import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SITE-003",
  defect: "sites have neither address nor coordinates",
  behaviour: () => ({
    answer: changeEach("/v1/sites", (site) => {
      delete site.address;
      delete site.coordinates;
    }),
  }),
});
