import { z } from "zod";

/** RFC 9457 problem details, with a stable `code` for programs. @see spec/1.0/contract.md#errors */
export const problemSchema = z
  .looseObject({
    type: z.string().nullish().describe("A URI naming the kind of problem; about:blank where absent."),
    title: z.string().min(1).describe("One line for people."),
    status: z.int().min(400).max(599).describe("The HTTP status, repeated."),
    detail: z
      .string()
      .nullish()
      .describe("What happened this time and what to do about it. Names no secret."),
    instance: z.string().nullish(),
    code: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/)
      .describe("Stable word for programs, such as unknown_site."),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details with a stable code." });
export type Problem = z.infer<typeof problemSchema>;

/** The media type problems travel as. */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";
