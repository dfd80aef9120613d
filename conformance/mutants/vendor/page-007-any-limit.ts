import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-007",
  defect: "a limit that makes no sense is taken for the default",
  behaviour: () => ({
    receive: ({ query }) => {
      if (!/^[1-9][0-9]*$/.test(query["limit"] ?? "")) delete query["limit"];
    },
  }),
});
