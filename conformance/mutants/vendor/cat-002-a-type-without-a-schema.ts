import { addEventType, mutant } from "../mutant.ts";

export default mutant({
  breaks: "CAT-002",
  defect: "nothing says what an event of the vendor's own type looks like",
  behaviour: () => ({ answer: addEventType("com.campus.parking.barrier_raised.v1") }),
});
