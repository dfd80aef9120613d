import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-007",
  defect: "a sync token tells whoever has it what has changed",
  behaviour: ({ apiKey, secondApiKey }) => {
    const tokens = new Set<string>();
    return {
      receive(request) {
        if (tokens.has(request.query["since"] ?? "") && isBy(secondApiKey, request)) actAs(apiKey, request);
      },
      answer({ body }, request) {
        if (isBy(apiKey, request) && typeof body?.sync_token === "string") tokens.add(body.sync_token);
      },
    };
  },
});
