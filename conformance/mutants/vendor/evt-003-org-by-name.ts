import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-003",
  defect: "events name the org by its name, not by its id",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      event.data.org_id = `Example Campus ${event.data.org_id.slice(0, 4)}`;
    }),
  }),
});
