import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-012",
  defect: "an event carries a picture of 300 KiB",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.data.device_id) event.data.snapshot_jpeg = "A".repeat(300 * 1024);
    }),
  }),
});
