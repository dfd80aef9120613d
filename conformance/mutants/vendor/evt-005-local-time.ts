import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-005",
  defect: "the time of an event is local time written as UTC",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      event.time = new Date(Date.parse(event.time) - 6 * 3_600_000).toISOString();
    }),
  }),
});
