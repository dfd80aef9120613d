import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-005",
  defect: "a single device is shown with its serial number for a name",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 200 && path.startsWith("/v1/devices/")) body.name = body.serial_number ?? "unnamed";
    },
  }),
});
