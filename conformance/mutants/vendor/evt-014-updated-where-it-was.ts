import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-014",
  defect: "an update tells the site that the device came from",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type === "com.convergint.device.updated.v1")
        event.data.site_id = event.data.previous_site_id ?? event.data.site_id;
    }),
  }),
});
