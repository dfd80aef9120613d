import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-004",
  defect: "a device that comes back is told of as offline",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      event.data.status = "offline";
    }),
  }),
});
