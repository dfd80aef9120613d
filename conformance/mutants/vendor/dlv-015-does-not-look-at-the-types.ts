import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-015",
  defect: "an endpoint for some types gets every type's events",
  behaviour: () => ({
    read(body, path) {
      if (path === "/v1/webhook-endpoints") delete body.event_types;
    },
  }),
});
