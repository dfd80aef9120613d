import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-019",
  defect: "If-None-Match is not looked at",
  behaviour: () => ({
    receive({ headers }) {
      delete headers["if-none-match"];
    },
  }),
});
