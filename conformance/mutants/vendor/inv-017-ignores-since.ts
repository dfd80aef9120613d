import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-017",
  defect: "`since` is ignored by a vendor that knows no incremental sync",
  behaviour: () => ({
    receive: ({ query }) => {
      delete query["since"];
    },
  }),
});
