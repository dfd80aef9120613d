import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-002",
  defect: "any key opens the inventory",
  behaviour: ({ apiKey }) => ({
    receive({ path, headers }) {
      if (path.startsWith("/v1/") && headers["authorization"] !== undefined)
        headers["authorization"] = `Bearer ${apiKey}`;
    },
  }),
});
