import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-008",
  defect: "a new endpoint gets the events of the first tenant, whoever registers it",
  behaviour: ({ apiKey, secondApiKey }) => ({
    receive(request) {
      const registers = request.method === "POST" && request.path === "/v1/webhook-endpoints";
      if (registers && isBy(secondApiKey, request)) actAs(apiKey, request);
    },
  }),
});
