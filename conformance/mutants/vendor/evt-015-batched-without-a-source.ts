import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-015",
  defect: "alarms in a batch have no source",
  setUp: { batching: true },
  behaviour: () => ({
    deliver(delivery, resign) {
      const body = JSON.parse(delivery.body);
      for (const event of [body].flat()) if (event.type.includes(".alarm.")) delete event.source;
      return resign(delivery, { body });
    },
  }),
});
