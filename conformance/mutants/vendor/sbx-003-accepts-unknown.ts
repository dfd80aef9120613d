import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-003",
  defect: "sandbox control of a device that does not exist is accepted",
  behaviour: () => ({
    answer(answer, { path }) {
      if (answer.status !== 404 || !path.startsWith("/sandbox/")) return;
      answer.status = 202;
      answer.headers["content-type"] = "application/json";
      answer.body = { accepted: true };
    },
  }),
});
