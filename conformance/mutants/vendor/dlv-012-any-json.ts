import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-012",
  defect: "batches are sent as application/json",
  setUp: { batching: true },
  behaviour: () => ({
    deliver: (delivery) => ({
      ...delivery,
      headers: { ...delivery.headers, "content-type": "application/json" },
    }),
  }),
});
