import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-002",
  defect: "events lack specversion",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      delete event.specversion;
    }),
  }),
});
