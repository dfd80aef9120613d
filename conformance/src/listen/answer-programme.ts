import {
  type AnswerProgramme,
  type ProgrammedAnswer,
  status,
  takeAll,
} from "../harness/programmed-answer.ts";

const MOST_SECONDS = 3600;

/** A programme that cannot be read; the message says what can. */
export class AnswerProgrammeError extends Error {
  override readonly name = "AnswerProgrammeError";
  readonly code = "answer_programme";
  constructor(part: string) {
    super(
      `${JSON.stringify(part)} is no answer. Give answers with commas between them: a status such as 500 or 204, a status with Retry-After in seconds such as 429:5, slow:SECONDS, hang, reset or redirect.`,
    );
  }
}

function answerOf(part: string): ProgrammedAnswer {
  const text = part.trim();
  if (text === "hang" || text === "reset" || text === "redirect") return { kind: text };
  const [, name = "", number] = /^(slow|[2-5]\d\d)(?::(\d{1,4}))?$/.exec(text) ?? [];
  const seconds = number === undefined ? null : Number(number);
  if (name === "" || (seconds ?? 0) > MOST_SECONDS) throw new AnswerProgrammeError(part);
  if (name !== "slow") return status(Number(name), seconds);
  if (seconds === null) throw new AnswerProgrammeError(part);
  return { kind: "slow", seconds };
}

/**
 * Reads how the attempts at each delivery are answered: `500,500,204` refuses the first two attempts at each `webhook-id`
 * and takes the third. After the last of them everything is taken with 204.
 *
 * @returns the answer to an attempt, counted from 1
 * @throws {AnswerProgrammeError} for what is no answer
 */
export function answerProgramme(text: string): AnswerProgramme {
  const answers = text.split(",").map(answerOf);
  return (attempt) => answers[attempt - 1] ?? takeAll();
}

/** An answer in a few words. */
export function describeAnswer(answer: ProgrammedAnswer): string {
  switch (answer.kind) {
    case "status":
      return answer.retryAfterSeconds === null
        ? `${answer.status}`
        : `${answer.status}, Retry-After ${answer.retryAfterSeconds}`;
    case "slow":
      return `204 after ${answer.seconds} s`;
    case "hang":
      return "no answer";
    case "reset":
      return "the connection was cut";
    case "redirect":
      return "307, which must not be followed";
  }
}
