import { attemptCounter, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-002",
  defect: "the body of a retry says which attempt it is",
  behaviour: () => {
    const attempt = attemptCounter();
    return {
      deliver(delivery, resign) {
        const count = attempt(delivery);
        return count === 1
          ? delivery
          : resign(delivery, { body: { ...JSON.parse(delivery.body), attempt: count } });
      },
    };
  },
});
