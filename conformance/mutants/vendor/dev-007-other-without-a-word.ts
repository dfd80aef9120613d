import { changeEach, changeManifest, mutant } from "../mutant.ts";

const declare = changeManifest((manifest) => {
  manifest.device_types.push({ type: "other", status_from: ["inventory"] });
});
const rename = changeEach("/v1/devices", (device) => {
  if (device.type !== "speaker") return;
  device.type = "other";
  delete device.vendor_type;
});

export default mutant({
  breaks: "DEV-007",
  defect: "speakers are of type other, and nothing says what they are",
  behaviour: () => ({
    answer(answer, request) {
      declare(answer, request);
      rename(answer, request);
    },
  }),
});
