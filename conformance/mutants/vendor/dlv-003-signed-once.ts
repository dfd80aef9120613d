import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-003",
  defect: "a retry has the timestamp and signature of the first attempt",
  behaviour: () => {
    const first = new Map<string, Readonly<Record<string, string>>>();
    return {
      deliver(delivery) {
        const key = `${delivery.url} ${delivery.headers["webhook-id"]}`;
        const headers = first.get(key) ?? delivery.headers;
        first.set(key, headers);
        return { ...delivery, headers };
      },
    };
  },
});
