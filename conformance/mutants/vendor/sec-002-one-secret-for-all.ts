import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-002",
  defect: "all endpoints share one secret",
  behaviour: () => {
    let shared: string | undefined;
    return {
      answer({ status, body }, { path }) {
        if (path !== "/v1/webhook-endpoints" || status !== 201) return;
        shared ??= body.secret;
        body.secret = shared;
      },
      deliver: (delivery, resign) => resign(delivery, {}),
    };
  },
});
