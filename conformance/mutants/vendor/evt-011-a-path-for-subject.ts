import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-011",
  defect: "the subject of an event is a path to the device",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.subject) event.subject = `/v1/devices/${event.subject}`;
    }),
  }),
});
