import { glob, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("the client needs only fetch, and no Node API", async () => {
  const files: string[] = [];
  for await (const file of glob("*.ts", { cwd: import.meta.dirname })) {
    if (!file.endsWith(".test.ts")) files.push(file);
  }
  expect(files).toContain("vendor-client.ts");
  for (const file of files) {
    const source = await readFile(`${import.meta.dirname}/${file}`, "utf8");
    expect(source, file).not.toMatch(/from "node:|\b(?:Buffer|process|require)\b[.(]/);
  }
});
