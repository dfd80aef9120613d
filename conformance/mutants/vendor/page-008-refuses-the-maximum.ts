import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-008",
  defect: "a limit larger than the largest page is refused",
  behaviour: () => ({
    answer(answer, { path, query }) {
      if (path !== "/v1/devices" || !(Number(query["limit"]) > 1000)) return;
      answer.status = 400;
      answer.headers["content-type"] = "application/problem+json";
      answer.body = { title: "Invalid limit", status: 400, code: "invalid_limit" };
    },
  }),
});
