import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-023",
  defect: "events have other ids in backfill than when they were posted",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 200 && path === "/v1/events")
        for (const event of body.data) event.id = `backfill-${event.id}`;
    },
  }),
});
