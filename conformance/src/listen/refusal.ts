import { type ProgrammedAnswer, takeAll } from "../harness/programmed-answer.ts";
import type { Step } from "./inspection.ts";

const status = (code: number): ProgrammedAnswer => ({
  kind: "status",
  status: code,
  retryAfterSeconds: null,
});

/** What a consumer answers to a delivery with these steps. @see spec/1.0/contract.md#receiving */
export function consumersAnswer(steps: readonly Step[]): ProgrammedAnswer {
  const wrong = steps.find(({ outcome }) => outcome === "wrong");
  switch (wrong?.step) {
    case "headers":
    case "timestamp":
    case "signature":
      return status(401);
    case "media_type":
      return status(415);
    case "json":
      return status(wrong.requirements.includes("EVT-012") ? 413 : 400);
    case "event":
      return status(400);
    default:
      return takeAll();
  }
}
