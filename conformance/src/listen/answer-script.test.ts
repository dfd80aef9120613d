import { describe, expect, test } from "vitest";
import { describeAnswer, parseAnswerScript } from "./answer-script.ts";

const describeAnswers = (script: string, attempts: number) => {
  const answer = parseAnswerScript(script);
  return Array.from({ length: attempts }, (_, index) => describeAnswer(answer(index + 1)));
};

test("answers attempts in order, then with 204", () => {
  expect(describeAnswers("500,429:5, slow:3,hang,reset,redirect,410", 9)).toEqual([
    "500",
    "429, Retry-After 5",
    "204 after 3 s",
    "no response",
    "connection reset",
    "307, must not be followed",
    "410",
    "204",
    "204",
  ]);
});

describe("rejects an invalid answer and lists valid ones", () => {
  test.each(["", "500,", "99", "600", "slow", "slow:x", "slow:3601", "hang:3", "429:", "teapot", "5e2"])(
    "%j",
    (script) => {
      expect(() => parseAnswerScript(script)).toThrow(
        expect.objectContaining({ code: "answer_programme", message: expect.stringContaining("429:5") }),
      );
    },
  );
});
