import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-018",
  defect: "a credential is named by the numbers printed on the card",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type === "com.convergint.access.granted.v1")
        event.data.credential = { credential_id: "117:10442", kind: "card" };
    }),
  }),
});
