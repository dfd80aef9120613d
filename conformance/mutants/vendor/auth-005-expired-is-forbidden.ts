import { isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-005",
  defect: "an expired token is answered with 403",
  behaviour() {
    const issued = new Set<string>();
    return {
      answer(answer, request) {
        if (request.path === "/oauth/token" && answer.status === 200) issued.add(answer.body.access_token);
        if (answer.status !== 401 || ![...issued].some((token) => isBy(token, request))) return;
        answer.status = 403;
        answer.body = { ...answer.body, status: 403, code: "forbidden", title: "Forbidden" };
      },
    };
  },
});
