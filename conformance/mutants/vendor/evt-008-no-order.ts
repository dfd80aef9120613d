import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-008",
  defect: "events of one device cannot be put in order",
  behaviour: () => {
    let time: string | undefined;
    return {
      deliver: changeEvent((event) => {
        time ??= event.time;
        event.time = time;
        delete event.sequence;
      }),
    };
  },
});
