import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DEV-003",
  defect: "a status does not say when it was seen",
  behaviour: () => ({
    answer: changeEach("/v1/devices", (device) => {
      delete device.status_observed_at;
    }),
  }),
});
