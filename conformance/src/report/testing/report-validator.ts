import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** The published schema. */
export const PUBLISHED = new URL("../../../report.schema.json", import.meta.url);

/** Creates a validator from the published schema file, independent of the code. */
export async function createReportValidator() {
  const ajv = new Ajv2020({ allErrors: true, strict: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(await readFile(PUBLISHED, "utf8")));
}
