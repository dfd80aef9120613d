import { attemptCounter, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-013",
  defect: "a batch has another id at each attempt",
  setUp: { batching: true },
  behaviour: () => {
    const attempt = attemptCounter();
    return {
      deliver: (delivery, resign) =>
        resign(delivery, { id: `${delivery.headers["webhook-id"]}-${attempt(delivery)}` }),
    };
  },
});
