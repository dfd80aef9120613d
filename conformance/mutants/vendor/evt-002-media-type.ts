import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-002",
  defect: "events are posted as application/json",
  behaviour: () => ({
    deliver: (delivery) => ({
      ...delivery,
      headers: { ...delivery.headers, "content-type": "application/json" },
    }),
  }),
});
