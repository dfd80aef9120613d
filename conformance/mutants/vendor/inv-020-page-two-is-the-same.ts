import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-020",
  defect: "a page with a cursor is answered with 304",
  behaviour: () => ({
    answer(answer, { path, query, headers }) {
      if (path !== "/v1/devices" || query["cursor"] === undefined || !headers["if-none-match"]) return;
      answer.status = 304;
      answer.body = null;
    },
  }),
});
