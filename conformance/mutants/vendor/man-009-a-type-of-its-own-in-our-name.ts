import { addEventType, mutant } from "../mutant.ts";

export default mutant({
  breaks: "MAN-009",
  defect: "an event type of the vendor's own has a name below com.convergint",
  behaviour: () => ({
    answer: addEventType("com.convergint.parking.barrier_raised.v1", {
      schema: "https://api.campus.example/schemas/barrier-raised-1.json",
    }),
  }),
});
