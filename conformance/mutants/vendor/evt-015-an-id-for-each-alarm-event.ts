import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-015",
  defect: "an alarm that is cleared has an id of its own",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type === "com.convergint.alarm.cleared.v1") event.data.alarm_id = `cleared-${event.id}`;
    }),
  }),
});
