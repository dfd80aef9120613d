import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Cloud,
  GENERATORS,
  inFolder,
  type Listed,
  listPlainly,
  listWith,
  missingFor,
  readServerDocument,
  startCampus,
} from "./generators.ts";

const quick = await Promise.all(
  GENERATORS.filter((generator) => generator.quick).map(async (generator) => ({
    generator,
    missing: await missingFor(generator),
  })),
);
for (const { generator, missing } of quick)
  if (missing.length > 0)
    console.warn(`Skipped ${generator.name}: run pnpm generators, or install ${missing.join(", ")}.`);
const usable = quick.filter(({ missing }) => missing.length === 0).map(({ generator }) => generator);

let campus: Cloud;
let expected: Listed;
beforeAll(async () => {
  campus = await startCampus();
  expected = await listPlainly(campus);
});
afterAll(() => campus.close());

test("the campus has devices to list", () => {
  expect(expected).toMatchObject({ devices: 1200, named: 1200 });
});

test.for(usable)("the client of $name lists the devices of the campus", async (generator) => {
  expect(await listWith(generator, campus)).toEqual(expected);
});

test.runIf(usable.some(({ name }) => name === "openapi-python-client"))(
  "openapi-python-client reads all of the ingestion server's document",
  async () => {
    await inFolder((folder) => readServerDocument(folder, { isQuick: true }));
  },
);
