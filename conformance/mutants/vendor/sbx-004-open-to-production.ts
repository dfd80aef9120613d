import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-004",
  defect: "sandbox control takes the key of a production tenant",
  behaviour: ({ apiKey, productionApiKey }) => ({
    receive(request) {
      if (request.path.startsWith("/sandbox/") && isBy(productionApiKey, request)) actAs(apiKey, request);
    },
  }),
});
