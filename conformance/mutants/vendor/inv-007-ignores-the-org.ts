import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-007",
  defect: "the org filter of devices is ignored",
  behaviour: () => ({
    receive: ({ path, query }) => {
      if (path === "/v1/devices") delete query["org_id"];
    },
  }),
});
