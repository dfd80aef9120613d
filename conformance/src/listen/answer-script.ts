import {
  type AnswerProgramme,
  type ProgrammedAnswer,
  status,
  takeAll,
} from "../harness/programmed-answer.ts";

const MAX_SECONDS = 3600;

/** Reports an invalid answer script; the message lists what is valid. */
export class AnswerScriptError extends Error {
  override readonly name = "AnswerScriptError";
  readonly code = "answer_programme";
  constructor(part: string) {
    super(
      `Invalid answer ${JSON.stringify(part)}. Give a comma-separated list. Each entry is a status (such as 500 or 204), a status with Retry-After in seconds (such as 429:5), slow:SECONDS, hang, reset or redirect.`,
    );
  }
}

function parseAnswer(part: string): ProgrammedAnswer {
  const text = part.trim();
  if (text === "hang" || text === "reset" || text === "redirect") return { kind: text };
  const [, name = "", number] = /^(slow|[2-5]\d\d)(?::(\d{1,4}))?$/.exec(text) ?? [];
  const seconds = number === undefined ? null : Number(number);
  if (name === "" || (seconds ?? 0) > MAX_SECONDS) throw new AnswerScriptError(part);
  if (name !== "slow") return status(Number(name), seconds);
  if (seconds === null) throw new AnswerScriptError(part);
  return { kind: "slow", seconds };
}

/**
 * Parses the answers to successive attempts: with `500,500,204`, the first two attempts at each `webhook-id`
 * fail and the third succeeds. Later attempts get 204.
 *
 * @returns a function from the attempt number, starting at 1, to the answer
 * @throws {AnswerScriptError} if an answer is invalid
 */
export function parseAnswerScript(text: string): AnswerProgramme {
  const answers = text.split(",").map(parseAnswer);
  return (attempt) => answers[attempt - 1] ?? takeAll();
}

/** Describes an answer in a few words. */
export function describeAnswer(answer: ProgrammedAnswer): string {
  switch (answer.kind) {
    case "status":
      return answer.retryAfterSeconds === null
        ? `${answer.status}`
        : `${answer.status}, Retry-After ${answer.retryAfterSeconds}`;
    case "slow":
      return `204 after ${answer.seconds} s`;
    case "hang":
      return "no response";
    case "reset":
      return "connection reset";
    case "redirect":
      return "307, must not be followed";
  }
}
