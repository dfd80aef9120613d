import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-018",
  defect: "an endpoint that was stopped by a 410 is no longer listed",
  behaviour: () => ({
    answer({ status, body }, { method, path }) {
      if (method === "GET" && path === "/v1/webhook-endpoints" && status === 200)
        body.data = body.data.filter(({ state }: { state: string }) => state !== "stopped");
    },
  }),
});
