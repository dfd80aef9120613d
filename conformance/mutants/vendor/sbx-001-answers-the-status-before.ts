import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-001",
  defect: "sandbox control answers with the status before",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 200 && path.startsWith("/sandbox/"))
        body.status = body.status === "online" ? "offline" : "online";
    },
  }),
});
