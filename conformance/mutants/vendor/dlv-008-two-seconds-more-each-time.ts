import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-008",
  defect: "each wait is two seconds longer than the one before",
  setUp: { retryScheduleSeconds: Array.from({ length: 300 }, (_, index) => 2 * (index + 1)) },
  behaviour: () => ({}),
});
