import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-006",
  defect: "endpoints may be managed with a key that was withdrawn",
  behaviour: ({ apiKey, withdrawnApiKey }) => ({
    receive(request) {
      if (request.path.startsWith("/v1/webhook-endpoints") && isBy(withdrawnApiKey, request))
        actAs(apiKey, request);
    },
  }),
});
