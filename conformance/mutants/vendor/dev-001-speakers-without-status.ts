import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DEV-001",
  defect: "no event tells of a speaker, and inventory does not either",
  behaviour: () => ({
    answer: changeEach("/v1/devices", (device) => {
      if (device.type === "speaker") delete device.status;
    }),
  }),
});
