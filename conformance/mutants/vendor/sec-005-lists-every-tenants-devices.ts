import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-005",
  defect: "a listing without a filter has the devices of every tenant",
  behaviour: ({ apiKey, secondApiKey }) => ({
    receive(request) {
      const { since, org_id, site_id, cursor } = request.query;
      const isFiltered = [since, org_id, site_id, cursor].some((each) => each !== undefined);
      if (request.path === "/v1/devices" && !isFiltered && isBy(secondApiKey, request))
        actAs(apiKey, request);
    },
  }),
});
