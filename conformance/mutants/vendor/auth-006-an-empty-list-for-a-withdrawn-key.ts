import { isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-006",
  defect: "listings are empty for a key that was withdrawn",
  behaviour: ({ withdrawnApiKey }) => ({
    answer(answer, request) {
      if (!isBy(withdrawnApiKey, request) || !/^\/v1\/(?:orgs|sites|devices)$/.test(request.path)) return;
      answer.status = 200;
      answer.headers = { "content-type": "application/json" };
      const snapshot = { id: "none", as_of: new Date().toISOString(), total_count: 0 };
      answer.body = { data: [], next_cursor: null, snapshot };
    },
  }),
});
