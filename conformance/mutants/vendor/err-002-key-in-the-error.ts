import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "ERR-002",
  defect: "an error repeats the key that was wrong",
  behaviour: () => ({
    answer({ status, body }, { headers }) {
      if (status === 401) body.detail = `Unknown credential: ${headers["authorization"] ?? "none"}`;
    },
  }),
});
