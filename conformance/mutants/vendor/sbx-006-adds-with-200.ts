import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-006",
  defect: "a device that is added is answered with 200 alone",
  behaviour: () => ({
    answer(answer, { method, path }) {
      if (method === "POST" && path === "/sandbox/devices" && answer.status === 201) answer.status = 200;
    },
  }),
});
