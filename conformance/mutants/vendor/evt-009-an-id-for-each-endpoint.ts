import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-009",
  defect: "an event has another id at each endpoint",
  behaviour: () => ({
    deliver: (delivery, resign) =>
      changeEvent((event) => {
        if (event.data.device_id) event.id += new URL(delivery.url).pathname.slice(1, 9);
      })(delivery, resign),
  }),
});
