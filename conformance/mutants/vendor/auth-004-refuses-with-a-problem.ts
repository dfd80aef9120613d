import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-004",
  defect: "wrong client credentials are answered with a problem, and no OAuth error",
  behaviour: () => ({
    answer(answer, { path }) {
      if (path !== "/oauth/token" || answer.status !== 401) return;
      answer.headers["content-type"] = "application/problem+json";
      answer.body = { type: "about:blank", title: "Unauthorized", status: 401, code: "unauthorized" };
    },
  }),
});
