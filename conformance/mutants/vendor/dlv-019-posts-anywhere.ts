import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-019",
  defect: "any address may be registered, whatever it leads to",
  behaviour: () => ({
    answer(answer, { method, path }) {
      if (method !== "POST" || path !== "/v1/webhook-endpoints" || answer.status !== 400) return;
      answer.status = 201;
      answer.headers["content-type"] = "application/json";
      answer.body = { endpoint_id: crypto.randomUUID(), url: "https://10.0.0.1/hook" };
    },
  }),
});
