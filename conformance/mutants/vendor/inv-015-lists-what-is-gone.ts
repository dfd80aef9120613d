import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-015",
  defect: "a device that was removed stays in the listing",
  behaviour: () => {
    let removed: string | undefined;
    return {
      answer({ status, body }, { path }) {
        if (status !== 200 || path !== "/v1/devices") return;
        for (const device of body.data) {
          if (device.type !== "speaker") continue;
          removed ??= device.device_id;
          if (device.device_id !== removed) continue;
          device.lifecycle = "removed";
          device.removed_at = "2026-01-01T00:00:00Z";
        }
      },
    };
  },
});
