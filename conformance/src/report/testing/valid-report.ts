import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import published from "../../../report.schema.json" with { type: "json" };
import type { Report } from "../report.ts";

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(published);

/** What is wrong with a report by the published schema; nothing where it is valid. */
export const wrongIn = (report: unknown): string[] =>
  validate(report)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

/** Reads a JSON report, as anybody would who has the published schema. @throws where it is not valid */
export function reportIn(text: string): Report {
  const report: unknown = JSON.parse(text);
  const wrong = wrongIn(report);
  if (wrong.length > 0) throw new Error(`The report breaks report.schema.json:\n${wrong.join("\n")}`);
  return report as Report;
}
