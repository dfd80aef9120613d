import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-007",
  defect: "a device that is online again stays offline in the listing",
  behaviour: () => {
    let isAwaited = false;
    let deviceId: string | undefined;
    return {
      answer({ status, body }, { method, path, query }) {
        if (path === "/v1/webhook-endpoints" && status === 201) isAwaited = true;
        if (status !== 200) return;
        // One is enough, of which nothing else is asked.
        if (isAwaited && method === "POST" && path.endsWith("/status") && body.status === "offline")
          deviceId ??= body.device_id;
        if (path !== "/v1/devices" || query["since"] !== undefined) return;
        for (const device of body.data) if (device.device_id === deviceId) device.status = "offline";
      },
    };
  },
});
