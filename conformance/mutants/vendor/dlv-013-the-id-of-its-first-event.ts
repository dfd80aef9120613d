import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-013",
  defect: "a batch has the id of its first event",
  setUp: { batching: true },
  behaviour: () => ({
    deliver: (delivery, resign) => resign(delivery, { id: JSON.parse(delivery.body)[0].id }),
  }),
});
