import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** The schema as it is published. */
export const PUBLISHED = new URL("../../../report.schema.json", import.meta.url);

/** A validator of reports that knows the published file and nothing of this code. */
export async function reportValidator() {
  const ajv = new Ajv2020({ allErrors: true, strict: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(await readFile(PUBLISHED, "utf8")));
}
