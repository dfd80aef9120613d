import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-001",
  defect: "every two seconds there is another attempt",
  setUp: { retryScheduleSeconds: Array.from({ length: 43_200 }, () => 2) },
  behaviour: () => ({}),
});
