import { type ProgrammedAnswer, takeAll } from "../harness/programmed-answer.ts";
import type { Step } from "./inspection.ts";

const answerWith = (code: number): ProgrammedAnswer => ({
  kind: "status",
  status: code,
  retryAfterSeconds: null,
});

/**
 * Chooses a consumer's answer to a delivery from the results of the inspection steps. @see
 * spec/1.0/contract.md#receiving
 */
export function chooseConsumerAnswer(steps: readonly Step[]): ProgrammedAnswer {
  const wrong = steps.find(({ outcome }) => outcome === "wrong");
  switch (wrong?.step) {
    case "headers":
    case "timestamp":
    case "signature":
      return answerWith(401);
    case "media_type":
      return answerWith(415);
    case "json":
      return answerWith(wrong.requirements.includes("EVT-012") ? 413 : 400);
    case "event":
      return answerWith(400);
    default:
      return takeAll();
  }
}
