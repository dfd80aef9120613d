import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-008",
  defect: "by since a filter lists what is within it now",
  behaviour: () => ({
    answer({ status, body }, { path, query }) {
      const { since, site_id } = query;
      if (status !== 200 || path !== "/v1/devices" || since === undefined || site_id === undefined) return;
      body.data = body.data.filter((device: { site_id: string }) => device.site_id === site_id);
    },
  }),
});
