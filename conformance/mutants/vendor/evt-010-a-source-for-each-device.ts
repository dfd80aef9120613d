import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-010",
  defect: "the source of an event is its device",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.subject) event.source = `urn:example-campus:device:${event.subject}`;
    }),
  }),
});
