import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-001",
  defect: "a call without a credential is answered with 403",
  behaviour: () => ({
    answer(answer, { path, headers }) {
      if (!path.startsWith("/v1/") || headers["authorization"] !== undefined) return;
      answer.status = 403;
      answer.body = { ...answer.body, status: 403 };
    },
  }),
});
