import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-007",
  defect: "when nothing has changed there is nothing to be found",
  behaviour: () => ({
    answer(answer, { path, query }) {
      if (answer.status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
      if (answer.body.data.length > 0) return;
      answer.status = 404;
      answer.headers["content-type"] = "application/problem+json";
      answer.body = { type: "about:blank", title: "Nothing", status: 404, code: "not_found" };
    },
  }),
});
