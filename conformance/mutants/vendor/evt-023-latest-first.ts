import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-023",
  defect: "backfill lists the latest event first",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 200 && path === "/v1/events") body.data.reverse();
    },
  }),
});
