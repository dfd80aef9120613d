import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-010",
  defect: "the previous secret is good for an hour",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 200 && path.endsWith("/rotate-secret"))
        body.previous_expires_at = new Date(Date.now() + 3_600_000).toISOString();
    },
  }),
});
