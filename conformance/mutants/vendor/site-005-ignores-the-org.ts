import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SITE-005",
  defect: "the org filter of sites is ignored",
  behaviour: () => ({
    receive: ({ path, query }) => {
      if (path === "/v1/sites") delete query["org_id"];
    },
  }),
});
