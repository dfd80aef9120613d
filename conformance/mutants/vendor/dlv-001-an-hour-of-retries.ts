import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-001",
  defect: "the schedule ends after an hour",
  setUp: { retryScheduleSeconds: [1, 2, 4, 60, 600, 3000] },
  behaviour: () => ({}),
});
