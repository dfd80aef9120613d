import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-002",
  defect: "sandbox control needs no credential",
  behaviour: ({ apiKey }) => ({
    receive: ({ path, headers }) => {
      if (path.startsWith("/sandbox/")) headers["authorization"] ??= `Bearer ${apiKey}`;
    },
  }),
});
