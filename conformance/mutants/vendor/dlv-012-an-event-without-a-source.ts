import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-012",
  defect: "the last event of a batch has no source",
  setUp: { batching: true },
  behaviour: () => ({
    deliver(delivery, resign) {
      const events = JSON.parse(delivery.body);
      delete events.at(-1).source;
      return resign(delivery, { body: events });
    },
  }),
});
