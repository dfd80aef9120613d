import { createHmac } from "node:crypto";
import { access, glob, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { generateSpec } from "./generate.ts";
import { slug } from "./requirements.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), "utf8");
const prose = await read("spec/1.0/contract.md");

const anchors = new Set([
  ...[...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading)),
  ...[...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id),
]);

test("the committed files match the generated ones", async () => {
  for (const [path, content] of await generateSpec(ROOT)) expect(await read(path), path).toBe(content);
});

test("every citation of the contract in the code names an existing section", async () => {
  const cited = [];
  for await (const file of glob("{packages,conformance,examples}/**/*.ts", {
    cwd: ROOT,
    exclude: (name) => name === "node_modules",
  })) {
    for (const [, anchor = ""] of (await read(file)).matchAll(/contract\.md#([\w-]+)/g))
      cited.push({ file, anchor });
  }
  expect(cited.length).toBeGreaterThan(20);
  expect(cited.filter(({ anchor }) => !anchors.has(anchor))).toEqual([]);
});

test("every link of the prose has a target", async () => {
  const links = [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, to = ""]) => to);
  expect(links.length).toBeGreaterThan(20);
  for (const link of links.filter((to) => !to.startsWith("https://"))) {
    if (link.startsWith("#")) expect(anchors, link).toContain(link.slice(1));
    else await expect(access(new URL(`spec/1.0/${link}`, ROOT)), link).resolves.toBeUndefined();
  }
});

test("the worked signature of the prose is a correct HMAC-SHA256", () => {
  const [, secret = "", body = "", id = "", timestamp = "", signed = "", signature = ""] =
    /secret +whsec_(\S+)\nbody +(.+)\nid +(\S+)\ntimestamp +(\d+)\nsigned +(.+)\nsignature +v1,(\S+)\n/.exec(
      prose,
    ) ?? [];
  expect(signed).toBe(`${id}.${timestamp}.${body}`);
  expect(createHmac("sha256", Buffer.from(secret, "base64")).update(signed).digest("base64")).toBe(signature);
});
