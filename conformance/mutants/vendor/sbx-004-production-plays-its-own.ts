import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-004",
  defect: "a production tenant may play every device but the one that it is tried with first",
  behaviour({ apiKey, productionApiKey }) {
    let first: string | null = null;
    return {
      receive(request) {
        if (!request.path.startsWith("/sandbox/") || !isBy(productionApiKey, request)) return;
        first ??= request.path;
        if (request.path !== first) actAs(apiKey, request);
      },
    };
  },
});
