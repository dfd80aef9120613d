import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DEV-006",
  defect: "doors name a controller by a number that nothing else knows",
  behaviour: () => ({
    answer: changeEach("/v1/devices", (device) => {
      if (device.type === "door") device.parent_device_id = "controller-7";
    }),
  }),
});
