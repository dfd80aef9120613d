import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SIG-004",
  defect: "the manifest promises v1a signatures, and there are none",
  behaviour: () => ({
    answer: changeManifest(({ webhooks }) => {
      webhooks.signature_schemes = ["v1", "v1a"];
      webhooks.public_keys = ["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="];
    }),
  }),
});
