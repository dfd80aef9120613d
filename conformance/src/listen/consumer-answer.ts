import { type ProgrammedAnswer, takeAll } from "../harness/programmed-answer.ts";
import type { Step } from "./inspection.ts";

const answerWith = (code: number): ProgrammedAnswer => ({
  kind: "status",
  status: code,
  retryAfterSeconds: null,
});

/** Chooses the answer that a consumer gives to a delivery with these steps. @see spec/1.0/contract.md#receiving */
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
