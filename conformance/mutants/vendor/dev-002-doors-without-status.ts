import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DEV-002",
  defect: "doors have no status in inventory",
  behaviour: () => ({
    answer: changeEach("/v1/devices", (device) => {
      if (device.type === "door") delete device.status;
    }),
  }),
});
