import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "MAN-007",
  defect: "the manifest names its documentation by a plain http URL",
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      manifest.vendor.documentation_url = "http://docs.campus.example/api";
    }),
  }),
});
