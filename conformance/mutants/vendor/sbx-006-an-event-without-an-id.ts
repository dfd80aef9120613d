import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-006",
  defect: "an event that is published is answered without its id",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 202 && path.endsWith("/events")) delete body.event_id;
    },
  }),
});
