import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-018",
  defect: "an access event has the number of the card",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type === "com.convergint.access.granted.v1")
        event.data.credential = { ...event.data.credential, card_number: "10442" };
    }),
  }),
});
