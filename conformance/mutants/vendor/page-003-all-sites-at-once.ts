import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-003",
  defect: "sites come all at once, whatever the limit",
  behaviour: () => ({
    receive: ({ path, query }) => {
      if (path === "/v1/sites") delete query["limit"];
    },
  }),
});
