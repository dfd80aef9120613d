import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-016",
  defect: "a trouble that is cleared has an id of its own",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type === "com.convergint.trouble.cleared.v1") event.data.trouble_id = `cleared-${event.id}`;
    }),
  }),
});
