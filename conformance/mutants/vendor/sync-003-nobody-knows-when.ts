import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-003",
  defect: "a tombstone does not say when the device was removed",
  behaviour: () => ({
    answer({ status, body }, { path, query }) {
      if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
      for (const device of body.data) if (device.lifecycle === "removed") delete device.removed_at;
    },
  }),
});
