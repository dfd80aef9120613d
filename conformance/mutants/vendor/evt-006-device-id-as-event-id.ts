import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-006",
  defect: "the id of an event is the id of its device",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.data.device_id) event.id = event.data.device_id;
    }),
  }),
});
