import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-008",
  defect: "answers 404 to events of an org that is not bound",
  parts: (_right, { boundOrg }) => ({
    takesOrg: (orgId) => orgId === boundOrg,
  }),
});
