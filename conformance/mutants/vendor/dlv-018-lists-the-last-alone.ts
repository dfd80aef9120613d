import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-018",
  defect: "only the endpoint registered last is listed",
  behaviour: () => ({
    answer({ status, body }, { method, path }) {
      if (method === "GET" && path === "/v1/webhook-endpoints" && status === 200)
        body.data = body.data.slice(-1);
    },
  }),
});
