import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-007",
  defect: "a cursor gives its page to whoever has it",
  behaviour: ({ apiKey, secondApiKey }) => {
    const cursors = new Set<string>();
    return {
      receive(request) {
        if (cursors.has(request.query["cursor"] ?? "") && isBy(secondApiKey, request)) actAs(apiKey, request);
      },
      answer({ body }, request) {
        if (isBy(apiKey, request) && typeof body?.next_cursor === "string") cursors.add(body.next_cursor);
      },
    };
  },
});
