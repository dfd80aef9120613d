import { attemptCounter, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-002",
  defect: "each attempt has a webhook-id of its own",
  behaviour: () => {
    const attempt = attemptCounter();
    return {
      deliver(delivery, resign) {
        const count = attempt(delivery);
        return count === 1
          ? delivery
          : resign(delivery, { id: `${delivery.headers["webhook-id"]}-${count}` });
      },
    };
  },
});
