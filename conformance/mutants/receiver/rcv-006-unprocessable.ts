import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-006",
  defect: "answers 422 to JSON that is no event",
  parts: () => ({
    notAnEvent: 422,
  }),
});
