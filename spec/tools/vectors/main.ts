import { mkdir, writeFile } from "node:fs/promises";
import { VECTORS, vectorFiles } from "./vectors.ts";

const ROOT = new URL(`../../../${VECTORS}`, import.meta.url);

for (const [path, content] of vectorFiles()) {
  const file = new URL(path, ROOT);
  await mkdir(new URL(".", file), { recursive: true });
  await writeFile(file, content);
  console.log(`wrote ${VECTORS}${path}`);
}
