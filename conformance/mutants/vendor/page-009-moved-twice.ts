import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-009",
  defect: "a device that moves while it is listed is listed at both sites",
  behaviour: () => {
    let added: unknown = null;
    let moves = 0;
    return {
      answer({ status, body }, { method, path, query }) {
        if (method === "POST" && path === "/sandbox/devices") added ??= body;
        if (method === "DELETE") added = null;
        if (path.endsWith("/move") && status === 200) {
          added = body;
          moves += 1;
        }
        if (status !== 200 || path !== "/v1/devices" || query["cursor"] === undefined || moves === 0) return;
        // In a listing of many pages alone: the others are read in one go.
        if (query["limit"] !== "500" && body.data.length > 1 && added !== null) body.data.push(added);
      },
    };
  },
});
