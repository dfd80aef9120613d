import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-001",
  defect: "a device that is looked up has its MAC addresses as one text",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status === 200 && path.startsWith("/v1/devices/"))
        body.mac_addresses = String(body.mac_addresses ?? "");
    },
  }),
});
