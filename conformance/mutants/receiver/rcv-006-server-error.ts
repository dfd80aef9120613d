import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-006",
  defect: "fails with 500 on a body that is no JSON",
  parts: () => ({
    notJson: 500,
  }),
});
