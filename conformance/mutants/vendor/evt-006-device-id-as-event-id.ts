import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-006",
  defect: "the id of an event is the id of its device",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      event.id = event.data.device_id;
    }),
  }),
});
