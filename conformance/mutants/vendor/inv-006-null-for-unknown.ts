import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-006",
  defect: "a device that does not exist is answered with 200 and null",
  behaviour: () => ({
    answer(answer, { path }) {
      if (answer.status !== 404 || !path.startsWith("/v1/devices/")) return;
      answer.status = 200;
      answer.headers["content-type"] = "application/json";
      answer.body = { device: null };
    },
  }),
});
