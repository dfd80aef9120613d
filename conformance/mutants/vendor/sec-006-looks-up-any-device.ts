import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-006",
  defect: "a device is looked up by its id, whoever asks",
  behaviour: ({ apiKey, secondApiKey }) => ({
    receive(request) {
      if (request.path.startsWith("/v1/devices/") && isBy(secondApiKey, request)) actAs(apiKey, request);
    },
  }),
});
