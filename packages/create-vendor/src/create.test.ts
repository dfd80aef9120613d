import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deviceSchema, orgSchema, siteSchema } from "@convergint/schemas";
import { afterEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type CreateContext, runCreate } from "./create.ts";
import { readEstate, SAMPLE_CSV } from "./estate.ts";
import { KIT, VERSIONS } from "./project.ts";

const VENDOR = { id: "my-cloud", name: "My Cloud" };
const ROOT = new URL("../../../", import.meta.url);

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});
async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "create-vendor-"));
  folders.push(folder);
  return folder;
}

/** Runs the command in a folder, without a terminal, on a new Node, with an npm that only records where it ran. */
async function create(folder: string, args: readonly string[], more: Partial<CreateContext> = {}) {
  const ended = { stdout: "", stderr: "", installed: [] as string[] };
  const code = await runCreate(args, {
    folder,
    stdout: (text) => {
      ended.stdout += text;
    },
    stderr: (text) => {
      ended.stderr += text;
    },
    ask: null,
    install: async (where) => {
      ended.installed.push(where);
      return 0;
    },
    nodeVersion: "24.0.0",
    ...more,
  });
  return { ...ended, code };
}
const readJson = async (...path: string[]) => JSON.parse(await readFile(join(...path), "utf8"));

describe("devices from CSV", () => {
  test("the sample is a valid inventory, with a bridge and a device behind it", () => {
    const { orgs, sites, devices } = readEstate(SAMPLE_CSV, VENDOR);
    for (const org of orgs) orgSchema.parse(org);
    for (const site of sites) siteSchema.parse(site);
    for (const device of devices) deviceSchema.parse(device);
    const bridge = devices.find(({ type }) => type === "video_gateway");
    expect(devices.filter(({ parent_device_id }) => parent_device_id === bridge?.["device_id"])).toHaveLength(
      1,
    );
    expect(readEstate(SAMPLE_CSV, VENDOR).devices).toEqual(devices);
  });

  test("accepts other names of columns, semicolons, a byte order mark, quotes and other words for types", () => {
    const csv = [
      "\uFEFFDevice Name;Device-Type;LOCATION;MAC Address;Bridge;Customer;notes",
      '"Lobby ""A""; door";IP Camera;HQ;0011.22aa.bbcc;GW 1;Acme;',
      "",
      "GW 1;bridge;HQ;;;Acme;spare",
      '"Two\r\nlines";Barrier;Yard;;;Other;',
    ].join("\r\n");
    const { orgs, sites, devices } = readEstate(csv, VENDOR);
    expect(orgs.map(({ name }) => name)).toEqual(["Acme", "Other"]);
    expect(sites.map(({ name }) => name)).toEqual(["HQ", "Yard"]);
    const [lobby, gateway, barrier] = devices;
    expect(lobby).toMatchObject({
      ...{ name: 'Lobby "A"; door', type: "camera", vendor_type: "IP Camera" },
      ...{ mac_addresses: ["00:11:22:aa:bb:cc"], parent_device_id: gateway?.["device_id"] },
    });
    expect(gateway).toMatchObject({ type: "video_gateway", vendor_type: "bridge" });
    expect(barrier).toMatchObject({ name: "Two\r\nlines", type: "other", vendor_type: "Barrier" });
  });

  test.each([
    ["name,kind\nA,camera\n", /^line 1: there is no column "site" \(or sitename, location/],
    ["name,type,site\n", /^there are no devices/],
    ["", /^there are no devices/],
    ["name,type,site\nA,camera,HQ\n,camera,HQ\n", /^line 3, column 1 \("name"\): is empty/],
    ['name,type,site\n"A,camera,HQ\nB,camera,HQ\n', /^line 2: a quote is not closed/],
    ["name,type,site\nA, east,camera,HQ\n", /^line 2: has 4 values, but 3 columns/],
    ["Label,type,site,mac\nA,camera,HQ,00:11\n", /^line 2, column 4 \("mac"\): "00:11" is no MAC address/],
    ["name,type,site,IP\nA,camera,HQ,1.2.3\n", /^line 2, column 4 \("IP"\): "1.2.3" is no IP address/],
    ["name,type,site,id\nA,camera,HQ,1\nB,camera,HQ,1\n", /^line 3, column 4 \("id"\): is the same as/],
    ["name,type,site\nA,camera,HQ\nA,camera,HQ\n", /^line 3, column 1 \("name"\): is the same as/],
    ["name,type,site,parent\nA,camera,HQ,B\n", /^line 2, column 4 \("parent"\): "B" is neither/],
    [
      "name,type,site,site_id,org\nA,door,HQ,1,X\nB,door,HQ,1,Y\n",
      /^line 3, column 3 \("site"\): belongs to/,
    ],
  ])("names the place of the mistake in %j", (csv, message) => {
    expect(() => readEstate(csv, VENDOR)).toThrow(
      expect.objectContaining({ code: "invalid_csv", message: expect.stringMatching(message) }),
    );
  });
});

test("creates a project with new keys, installs it, and says what is next", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "devices.csv"), "name,type,site\nA,camera,HQ\nB,door,Depot\n");
  const { code, stdout, stderr, installed } = await create(folder, ["my-cloud", "--from", "devices.csv"]);
  expect([code, stderr, installed]).toEqual([0, "", [join(folder, "my-cloud")]]);
  expect(stdout).toMatch(
    /2 devices at 2 sites of 1 orgs\.[\s\S]*next:\n {2}cd my-cloud\n {2}npm test\n {2}npm start\n$/,
  );
  const project = join(folder, "my-cloud");
  const files = await readdir(project);
  for (const file of ["vendor.ts", "certify.ts", ".gitignore", ".github", ".gitlab-ci.yml", "tsconfig.json"])
    expect(files).toContain(file);
  expect(await readFile(join(project, ".gitignore"), "utf8")).toContain(".env\n");
  expect(await readFile(join(project, "README.md"), "utf8")).toMatch(/^# My Cloud\n/);
  expect((await readJson(project, "devices.json")).vendor).toEqual(VENDOR);
  expect((await readJson(project, "package.json")).dependencies["@convergint/vendor"]).toMatch(/^\^\d/);
  const env = await readFile(join(project, ".env"), "utf8");
  if (process.platform !== "win32") expect((await stat(join(project, ".env"))).mode & 0o077).toBe(0);
  await create(folder, ["second", "--no-install"]);
  const [, key = "absent"] = /VENDOR_API_KEY=(\S{40,})/.exec(env) ?? [];
  expect(await readFile(join(folder, "second", ".env"), "utf8")).not.toContain(key);
  expect(stdout).not.toContain(key);
});

test("never overwrites a folder that has files", async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, "mine"));
  await writeFile(join(folder, "mine", "package.json"), "mine");
  const { code, stderr, installed } = await create(folder, ["mine"]);
  expect([code, installed]).toEqual([2, []]);
  expect(stderr).toMatch(/has files\. Choose another name/);
  expect(await readdir(join(folder, "mine"))).toEqual(["package.json"]);
});

test("takes tarballs of the kit from a folder, and names the one that is missing", async () => {
  const folder = await emptyFolder();
  const [missing = "", ...present] = KIT;
  for (const name of present) await writeFile(join(folder, `convergint-${name}-0.0.0.tgz`), name);
  const refused = await create(folder, ["my-cloud", "--packages", "."]);
  expect([refused.code, await readdir(folder)]).toEqual([
    2,
    present.map((name) => `convergint-${name}-0.0.0.tgz`),
  ]);
  expect(refused.stderr).toContain(`has no convergint-${missing}-`);
  await writeFile(join(folder, `convergint-${missing}-0.0.0.tgz`), missing);
  expect((await create(folder, ["my-cloud", "--packages", "."])).code).toBe(0);
  const { dependencies, devDependencies } = await readJson(folder, "my-cloud", "package.json");
  const used = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) =>
    name.startsWith("@convergint/"),
  );
  expect(used.map(([name]) => name.slice(12)).toSorted()).toEqual(KIT.toSorted());
  for (const [, tarball] of used) await stat(join(folder, "my-cloud", String(tarball).replace("file:", "")));
});

test("lists every package of the kit that the project needs, and the versions that the kit is tested with", async () => {
  const needs = async (name: string): Promise<string[]> => {
    const path = name === "conformance" ? "conformance" : `packages/${name}`;
    const { dependencies = {} } = JSON.parse(await readFile(new URL(`${path}/package.json`, ROOT), "utf8"));
    const own = Object.keys(dependencies).filter((each) => each.startsWith("@convergint/"));
    return [name, ...(await Promise.all(own.map((each) => needs(each.slice(12))))).flat()];
  };
  const needed = await Promise.all(["conformance", "vendor", "delivery", "schemas"].map(needs));
  expect(KIT).toEqual([...new Set(needed.flat())].toSorted());
  const { catalog } = parse(await readFile(new URL("pnpm-workspace.yaml", ROOT), "utf8"));
  const { devDependencies } = JSON.parse(await readFile(new URL("package.json", ROOT), "utf8"));
  expect({ ...catalog, typescript: devDependencies.typescript }).toMatchObject(VERSIONS);
});

test("scaffolds the example in another language, which takes no devices from a file", async () => {
  const folder = await emptyFolder();
  const { code, stdout, installed } = await create(folder, ["my-cloud", "--language", "go"]);
  expect([code, installed]).toEqual([0, []]);
  expect(stdout).toContain("VECTORS=vectors go test ./...");
  expect(await readdir(join(folder, "my-cloud"))).toEqual(
    expect.arrayContaining(["main.go", "go.mod", "go.sum", "vectors"]),
  );
  const readme = await readFile(join(folder, "my-cloud", "README.md"), "utf8");
  expect(readme).toContain("npx @convergint/conformance run --target");
  expect(readme).not.toMatch(/pnpm|root of this repository|\]\(\.\./);
  const refused = await create(folder, ["other", "--language", "go", "--from", "devices.csv"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/--from and --packages need --language typescript/);
});

test("asks only at a terminal, and not with --yes", async () => {
  const folder = await emptyFolder();
  const questions: string[] = [];
  const answers = ["asked-cloud", "", ""];
  const ask = async (question: string) => {
    questions.push(question);
    return answers.shift() ?? "";
  };
  expect((await create(folder, [], { ask })).code).toBe(0);
  expect(questions.map((question) => question.split(" ")[0])).toEqual(["Folder", "Language:", "CSV"]);
  expect((await create(folder, ["--yes", "--no-install"], { ask })).code).toBe(0);
  expect(questions).toHaveLength(3);
  expect((await readdir(folder)).toSorted()).toEqual(["asked-cloud", "my-cloud"]);
});

test("says what to do when Node is too old, npm fails or an option is wrong", async () => {
  const folder = await emptyFolder();
  const old = await create(folder, ["old"], { nodeVersion: "20.20.2" });
  expect([old.code, old.installed]).toEqual([0, []]);
  expect(old.stdout).toMatch(/Node 20\.20\.2 is too old[\s\S]*cd old\n {2}npm install\n {2}npm test/);
  const failed = await create(folder, ["failed"], { install: async () => 1 });
  expect([failed.code, failed.stderr]).toEqual([
    1,
    expect.stringContaining("create the project with --packages"),
  ]);
  for (const args of [["My Cloud"], ["a", "--language", "cobol"], ["a", "--form", "x"]])
    expect((await create(folder, args)).code, args.join(" ")).toBe(2);
  const absent = await create(folder, ["a", "--from", "absent.csv"]);
  expect([absent.code, absent.stderr]).toEqual([1, "create-vendor: Cannot read absent.csv: ENOENT.\n"]);
  expect((await create(folder, ["--help"])).stdout).toMatch(/^Usage: create-vendor[\s\S]*Exit codes: 0/);
  expect((await readdir(folder)).toSorted()).toEqual(["failed", "old"]);
});
