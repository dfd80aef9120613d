import { attemptCounter, mistake, mutant, TAKEN } from "../mutant.ts";

export default mutant({
  breaks: "DLV-001",
  defect: "what is refused twice is not tried again",
  behaviour: () => {
    const attempt = attemptCounter();
    return {
      send: mistake((outcome, delivery) => {
        const isSecond = attempt(delivery) === 2;
        return isSecond && outcome.kind === "answered" && outcome.status === 500 ? TAKEN : outcome;
      }),
    };
  },
});
