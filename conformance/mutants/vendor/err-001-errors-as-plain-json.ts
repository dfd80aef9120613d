import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "ERR-001",
  defect: "errors are application/json with a message",
  behaviour: () => ({
    answer(answer) {
      if (answer.status < 400) return;
      answer.headers["content-type"] = "application/json";
      answer.body = { error: true, message: answer.body.title };
    },
  }),
});
