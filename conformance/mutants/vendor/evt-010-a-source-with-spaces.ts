import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-010",
  defect: "the source of an event is a name, not a URI",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      event.source = "Example Campus Cloud";
    }),
  }),
});
