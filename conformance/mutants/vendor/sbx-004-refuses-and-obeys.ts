import { actAs, isBy, mutant, type SeenRequest } from "../mutant.ts";

export default mutant({
  breaks: "SBX-004",
  defect: "sandbox control answers a production tenant with 403, and does what it asked for",
  behaviour({ apiKey, productionApiKey }) {
    const obeyed = new Set<SeenRequest["headers"]>();
    return {
      receive(request) {
        if (!request.path.startsWith("/sandbox/") || !isBy(productionApiKey, request)) return;
        obeyed.add(request.headers);
        actAs(apiKey, request);
      },
      answer(answer, { headers }) {
        if (!obeyed.has(headers)) return;
        answer.status = 403;
        answer.headers["content-type"] = "application/problem+json";
        answer.body = { type: "about:blank", title: "Forbidden", status: 403, code: "forbidden" };
      },
    };
  },
});
