import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-015",
  defect: "an endpoint for one org gets every org's events",
  behaviour: () => ({
    read(body, path) {
      if (path === "/v1/webhook-endpoints") delete body.org_id;
    },
  }),
});
