import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-003",
  defect: "a retry has a new timestamp beside the first attempt's signature",
  behaviour: () => {
    const first = new Map<string, string>();
    return {
      deliver(delivery) {
        const key = `${delivery.url} ${delivery.headers["webhook-id"]}`;
        const signature = first.get(key) ?? delivery.headers["webhook-signature"] ?? "";
        first.set(key, signature);
        return { ...delivery, headers: { ...delivery.headers, "webhook-signature": signature } };
      },
    };
  },
});
