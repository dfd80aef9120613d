import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-006",
  defect: "what is another tenant's is answered with 403",
  behaviour: ({ apiKey }) => {
    const known = new Set<string>();
    return {
      answer(answer, { path, query, headers }) {
        const isFirst = headers["authorization"] === `Bearer ${apiKey}`;
        if (isFirst && path === "/v1/orgs" && answer.status === 200) {
          for (const { org_id } of answer.body.data) known.add(org_id);
        }
        if (answer.status !== 404 || isFirst || !known.has(query["org_id"] ?? "")) return;
        answer.status = 403;
        answer.body = { ...answer.body, status: 403, code: "forbidden", title: "Forbidden" };
      },
    };
  },
});
