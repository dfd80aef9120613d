import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-017",
  defect: "an access that is denied has no reason",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type === "com.convergint.access.denied.v1") delete event.data.reason;
    }),
  }),
});
