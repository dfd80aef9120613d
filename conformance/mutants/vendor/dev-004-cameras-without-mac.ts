import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DEV-004",
  defect: "cameras have no MAC address",
  behaviour: () => ({
    answer: changeEach("/v1/devices", (device) => {
      if (device.type === "camera") device.mac_addresses = ["n/a"];
    }),
  }),
});
