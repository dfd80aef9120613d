import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-005",
  defect: "the listing of sites forgets whose they are",
  behaviour: ({ apiKey, secondApiKey }) => ({
    receive(request) {
      if (
        request.path === "/v1/sites" &&
        request.query["org_id"] === undefined &&
        isBy(secondApiKey, request)
      ) {
        actAs(apiKey, request);
      }
    },
  }),
});
