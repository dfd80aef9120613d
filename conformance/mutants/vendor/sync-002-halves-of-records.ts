import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-002",
  defect: "what has changed is listed with its id and status alone",
  behaviour: () => ({
    answer({ status, body }, { path, query }) {
      if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined || query["site_id"])
        return;
      body.data = body.data.map((device: { lifecycle: string; device_id: string; status: string }) =>
        device.lifecycle === "removed" ? device : { device_id: device.device_id, status: device.status },
      );
    },
  }),
});
