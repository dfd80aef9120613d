import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-017",
  defect: "the id that a ping is answered with is not its event's",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 202 && path.endsWith("/ping")) body.event_id = crypto.randomUUID();
    },
  }),
});
