import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-016",
  defect: "pages are not compressed",
  behaviour: () => ({
    receive({ headers }) {
      delete headers["accept-encoding"];
    },
  }),
});
