import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-019",
  defect: "takes a page that cannot be read for the end of a listing",
  parts: ({ polling }) => ({
    polling: {
      ...polling,
      rules: {
        ...polling.rules,
        end: ({ ended }) => ended !== "given_up",
        count: (read) => read.ended === "unreadable" || polling.rules.count(read),
      },
    },
  }),
});
