import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-006",
  defect: "sandbox control takes a key that was withdrawn",
  behaviour: ({ apiKey, withdrawnApiKey }) => ({
    receive(request) {
      if (request.path.startsWith("/sandbox/") && isBy(withdrawnApiKey, request)) actAs(apiKey, request);
    },
  }),
});
