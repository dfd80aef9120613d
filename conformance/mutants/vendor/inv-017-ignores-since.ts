import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-017",
  defect: "what it does not know is ignored: since lists everything",
  behaviour: () => ({
    receive({ path, query }) {
      if (path === "/v1/devices") delete query["since"];
    },
    answer: changeManifest(({ inventory }) => {
      inventory.incremental_sync = false;
    }),
  }),
});
