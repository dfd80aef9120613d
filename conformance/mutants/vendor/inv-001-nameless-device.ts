import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-001",
  defect: "some devices have an empty name",
  behaviour: () => ({
    answer: changeEach("/v1/devices", (device) => {
      if (device.type === "speaker") device.name = "";
    }),
  }),
});
