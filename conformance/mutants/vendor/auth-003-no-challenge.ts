import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-003",
  defect: "a 401 does not say which scheme to use",
  behaviour: () => ({
    answer: ({ headers }) => {
      delete headers["www-authenticate"];
    },
  }),
});
