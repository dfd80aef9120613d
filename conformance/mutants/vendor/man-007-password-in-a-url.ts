import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "MAN-007",
  defect: "a URL of the manifest holds a user name and a password",
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      manifest.vendor.support_url = "https://help:desk@support.campus.example/";
    }),
  }),
});
