import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-016",
  defect: "a deletion is answered with 200 and a text",
  behaviour: () => ({
    answer(answer, { method }) {
      if (method !== "DELETE" || answer.status !== 204) return;
      answer.status = 200;
      answer.headers["content-type"] = "application/json";
      answer.body = { deleted: true };
    },
  }),
});
