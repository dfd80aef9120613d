import { mutant } from "../mutant.ts";

const LIST = "/v1/webhook-endpoints";

export default mutant({
  breaks: "DLV-016",
  defect: "a deleted endpoint is no longer listed, and still posted to",
  behaviour: () => {
    const deleted = new Set<string>();
    return {
      receive(request) {
        if (request.method !== "DELETE" || !request.path.startsWith(`${LIST}/`)) return;
        deleted.add(request.path.slice(LIST.length + 1));
        // The vendor is asked for something that changes nothing instead.
        Object.assign(request, { method: "GET", path: LIST, query: { deletion: "pretended" } });
      },
      answer(answer, { path, query }) {
        if (path !== LIST || answer.status !== 200) return;
        if (query["deletion"] === "pretended") {
          answer.status = 204;
          answer.body = null;
        } else {
          answer.body.data = answer.body.data.filter(
            ({ endpoint_id }: { endpoint_id: string }) => !deleted.has(endpoint_id),
          );
        }
      },
    };
  },
});
