import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-016",
  defect: "a deletion is answered with 200 and a text",
  behaviour: () => ({
    answer(answer, { method, path }) {
      if (method !== "DELETE" || answer.status !== 204 || !path.startsWith("/v1/webhook-endpoints/")) return;
      answer.status = 200;
      answer.headers["content-type"] = "application/json";
      answer.body = { deleted: true };
    },
  }),
});
