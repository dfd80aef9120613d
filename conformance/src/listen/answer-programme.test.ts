import { describe, expect, test } from "vitest";
import { answerProgramme, describeAnswer } from "./answer-programme.ts";

const told = (programme: string, attempts: number) => {
  const answer = answerProgramme(programme);
  return Array.from({ length: attempts }, (_, index) => describeAnswer(answer(index + 1)));
};

test("attempts are answered in turn, and then taken", () => {
  expect(told("500,429:5, slow:3,hang,reset,redirect,410", 9)).toEqual([
    "500",
    "429, Retry-After 5",
    "204 after 3 s",
    "no answer",
    "the connection was cut",
    "307, which must not be followed",
    "410",
    "204",
    "204",
  ]);
});

describe("what is no answer is refused with what would be one", () => {
  test.each(["", "500,", "99", "600", "slow", "slow:x", "slow:3601", "hang:3", "429:", "teapot", "5e2"])(
    "%j",
    (programme) => {
      expect(() => answerProgramme(programme)).toThrow(
        expect.objectContaining({ code: "answer_programme", message: expect.stringContaining("429:5") }),
      );
    },
  );
});
