import { execFile, spawn } from "node:child_process";
import { access, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OPENAPI = join(ROOT, "spec/1.0/openapi.yaml");
const TSC = join(ROOT, "node_modules/.bin/tsc");
const KEY = "key-of-the-generators";
const PIP = [
  "openapi-generator-cli==7.26.0",
  "openapi-python-client==0.29.1",
  "datamodel-code-generator==0.89.0",
  ...["httpx", "attrs", "python-dateutil", "urllib3", "pydantic", "typing-extensions", "ruff"],
];
const OAPI_CODEGEN = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2";

/** Where the generators are installed; git ignores the folder. */
const TOOLS = join(ROOT, "node_modules/.cache/generators");
const PYTHON = join(TOOLS, "venv/bin/python");
const inVenv = (name: string) => join(TOOLS, "venv/bin", name);
const OAPI = join(TOOLS, "go/oapi-codegen");

/** Runs a command. @returns its standard output. @throws {Error} with what it printed, if it fails */
async function run(folder: string, command: string, ...args: readonly string[]): Promise<string> {
  // openapi-python-client warns without a formatter.
  const PATH = `${process.env["PATH"]}:${join(TOOLS, "venv/bin")}`;
  const env = { ...process.env, PATH, GOBIN: join(TOOLS, "go"), GOFLAGS: "-mod=mod" };
  const options = { cwd: folder, env, maxBuffer: 256 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(command, args, options).catch((error) => {
    const printed = `${error.stdout ?? ""}${error.stderr ?? ""}`.slice(-4000);
    throw new Error(`${command} ${args.join(" ")} failed:\n${printed}`, { cause: error });
  });
  return stdout.trim();
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Installs the generators that PyPI has and, on request, the one that the Go proxy has. */
export async function installGenerators({ go }: { readonly go: boolean }): Promise<void> {
  await mkdir(TOOLS, { recursive: true });
  if (!(await isThere(inVenv("datamodel-codegen")))) {
    await run(TOOLS, "python3", "-m", "venv", "venv");
    await run(TOOLS, PYTHON, "-m", "pip", "install", "--quiet", ...PIP);
  }
  if (go && !(await isThere(OAPI))) await run(TOOLS, "go", "install", OAPI_CODEGEN);
}

/** What a generated client lists. Every client prints these numbers. */
export interface Listed {
  readonly devices: number;
  readonly online: number;
  readonly named: number;
}

const listedOf = (line: string): Listed => {
  const [devices = 0, online = 0, named = 0] = line.split("\n").at(-1)?.split(" ").map(Number) ?? [];
  return { devices, online, named };
};

/** A vendor's cloud to read with a generated client. */
export interface Cloud {
  readonly baseUrl: string;
  close(): void;
}

/** Starts a program that prints its base URL. */
async function startProgram(main: string, ...args: readonly string[]): Promise<Cloud> {
  const child = spawn(process.execPath, ["--conditions=@convergint/source", join(ROOT, main), ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface(child.stdout)) {
    const baseUrl: string = JSON.parse(line).base_url;
    return { baseUrl, close: () => void child.kill() };
  }
  throw new Error(`${main} ended before it listened.`);
}

/** Starts the campus. */
export const startCampus = (): Promise<Cloud> =>
  startProgram("examples/vendor-cloud/src/main.ts", "--api-key", KEY);

/**
 * Generates clients from the document of the ingestion server, without calling it.
 *
 * @param isQuick whether to try only openapi-python-client
 * @throws {Error} with what a generator cannot read, or with the errors of a compiler
 */
export async function readServerDocument(
  folder: string,
  { isQuick }: { readonly isQuick: boolean },
): Promise<void> {
  const database = join(folder, "ingest.db");
  const server = await startProgram("packages/ingest/src/main.ts", "serve", "--port", "0", "--db", database);
  const file = join(folder, "ingest.json");
  await writeFile(file, await (await fetch(`${server.baseUrl}/openapi.json`)).text());
  server.close();
  const options = ["generate", "--path", file, "--meta", "none", "--output-path", "ic"];
  await run(folder, inVenv("openapi-python-client"), ...options, "--fail-on-warning");
  if (isQuick) return;
  const generateFrom = (language: string) =>
    run(folder, inVenv("openapi-generator-cli"), "generate", "-i", file, "-g", language, "-o", language);
  await generateFrom("typescript-fetch");
  await compileTypeScript(folder, "typescript-fetch/index.ts");
  await generateFrom("python");
  await run(
    join(folder, "python"),
    PYTHON,
    "-c",
    "import openapi_client; openapi_client.DefaultApi.list_devices",
  );
  await generateFrom("java");
  await run(join(folder, "java"), "mvn", "-q", "-Dmaven.test.skip=true", "compile");
  await run(
    folder,
    inVenv("datamodel-codegen"),
    "--input",
    file,
    "--input-file-type",
    "openapi",
    "--output",
    "im.py",
  );
  await run(folder, PYTHON, "-c", "import im; im.Integration");
  await writeFile(join(folder, "go.mod"), "module listing\n\ngo 1.24\n");
  await run(folder, OAPI, "-generate", "types,client", "-package", "main", "-o", "client.go", file);
  await writeFile(join(folder, "main.go"), "package main\nfunc main() {}\n");
  await run(folder, "go", "mod", "tidy");
  await run(folder, "go", "build", "-o", "listing", "client.go", "main.go");
}

/** Compiles a generated client in TypeScript. */
async function compileTypeScript(folder: string, file: string): Promise<void> {
  await writeFile(join(folder, "package.json"), '{ "type": "commonjs" }');
  const [lib, target] = [["es2023", "dom"], "es2023"];
  const modules = { module: "commonjs", moduleResolution: "bundler" };
  const compilerOptions = { strict: true, types: [], lib, target, ...modules };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  await run(folder, TSC);
}

/** Yields the pages of the devices as text, read without a generated client. */
async function* pagesOf({ baseUrl }: Cloud): AsyncGenerator<string> {
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: URLSearchParams = new URLSearchParams({ limit: "500", ...(cursor && { cursor }) });
    const headers = { authorization: `Bearer ${KEY}` };
    const text: string = await (await fetch(`${baseUrl}/v1/devices?${query}`, { headers })).text();
    yield text;
    cursor = JSON.parse(text).next_cursor;
  }
}

/** Counts the devices without a generated client. */
export async function listPlainly(cloud: Cloud): Promise<Listed> {
  const devices: { name: string; status?: string }[] = [];
  for await (const page of pagesOf(cloud)) devices.push(...JSON.parse(page).data);
  const online = devices.filter(({ status }) => status === "online").length;
  return { devices: devices.length, online, named: devices.filter(({ name }) => name).length };
}

/** Generates and compiles a client in an empty folder, and lists devices with it. */
export interface Generator {
  readonly name: string;
  /** Fast enough for every run of the tests. */
  readonly quick: boolean;
  /** What must be installed: files or, without a slash, commands. */
  readonly needs: readonly string[];
  /** @returns what the client listed; `null` if nothing here can compile the client */
  readonly list: (folder: string, cloud: Cloud) => Promise<Listed | null>;
}

const generate = (folder: string, language: string) =>
  run(folder, inVenv("openapi-generator-cli"), "generate", "-i", OPENAPI, "-g", language, "-o", "client");

const PYTHON_COUNT =
  "print(len(devices), sum(d.status == 'online' for d in devices), sum(bool(d.name) for d in devices))";
const JAVA = `
import java.util.*;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.InventoryApi;
import org.openapitools.client.model.*;
public class Listing {
  public static void main(String[] args) throws Exception {
    ApiClient client = new ApiClient().setBasePath(args[0]);
    client.setBearerToken(args[1]);
    InventoryApi api = new InventoryApi(client);
    List<ListedDevice> devices = new ArrayList<>();
    DeviceListing page = null;
    do {
      page = api.listDevices(null, null, null, null, 500, page == null ? null : page.getNextCursor(), null);
      devices.addAll(page.getData());
    } while (page.getNextCursor() != null);
    System.out.println(devices.size()
        + " " + devices.stream().filter(d -> d.getStatus() == DeviceStatus.ONLINE).count()
        + " " + devices.stream().filter(d -> d.getName() != null).count());
  }
}`;
const GO = `package main
import ("context"; "fmt"; "os"; vc "github.com/GIT_USER_ID/GIT_REPO_ID")
func main() {
	config := vc.NewConfiguration()
	config.Servers = vc.ServerConfigurations{{URL: os.Args[1]}}
	config.DefaultHeader["Authorization"] = "Bearer " + os.Args[2]
	api := vc.NewAPIClient(config).InventoryAPI
	var devices, online, named int
	for cursor := ""; ; {
		call := api.ListDevices(context.Background()).Limit(500)
		if cursor != "" { call = call.Cursor(cursor) }
		page, _, err := call.Execute()
		if err != nil { panic(err) }
		for _, device := range page.Data {
			devices++
			if device.GetStatus() == vc.ONLINE { online++ }
			if device.GetName() != "" { named++ }
		}
		if page.NextCursor.Get() == nil { break }
		cursor = *page.NextCursor.Get()
	}
	fmt.Println(devices, online, named)
}`;
const GO_OAPI = `package main
import ("context"; "fmt"; "net/http"; "os")
func main() {
	client, err := NewClientWithResponses(os.Args[1], WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+os.Args[2])
		return nil
	}))
	if err != nil { panic(err) }
	var devices, online, named int
	limit := 500
	for params := (ListDevicesParams{Limit: &limit}); ; {
		answer, err := client.ListDevicesWithResponse(context.Background(), &params)
		if err != nil { panic(err) }
		for _, device := range answer.JSON200.Data {
			devices++
			if device.Status != nil && string(*device.Status) == "online" { online++ }
			if device.Name != nil && *device.Name != "" { named++ }
		}
		if answer.JSON200.NextCursor == nil { break }
		params.Cursor = answer.JSON200.NextCursor
	}
	fmt.Println(devices, online, named)
}`;
const TYPESCRIPT = `import { Configuration, InventoryApi, type ListedDevice } from "./client/index";
const [, , basePath, key = ""] = process.argv;
// This client writes "Bearer" only for one of the two schemes, and the header of the other one last.
const accessToken = async (scheme?: string) => (scheme === "oauth2" ? "Bearer " + key : key);
async function main() {
  const api = new InventoryApi(new Configuration({ basePath, accessToken }));
  const devices: ListedDevice[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await api.listDevices({ limit: 500, cursor });
    devices.push(...page.data);
    cursor = page.nextCursor;
  }
  const online = devices.filter(({ status }) => status === "online").length;
  console.log(devices.length, online, devices.filter(({ name }) => name).length);
}
main();
declare const process: { readonly argv: readonly string[] };
`;

/**
 * The generators. Kiota is missing, because it is a .NET program, and no registry that this project uses has a build
 * that runs here. A compiler for C# is not required, so the C# client is only generated.
 */
export const GENERATORS: readonly Generator[] = [
  {
    name: "openapi-python-client",
    quick: true,
    needs: [inVenv("openapi-python-client")],
    async list(folder, { baseUrl }) {
      await run(
        folder,
        inVenv("openapi-python-client"),
        ...["generate", "--path", OPENAPI, "--meta", "none", "--output-path", "vc"],
      );
      const program = `import sys
from vc import AuthenticatedClient
from vc.api.inventory import list_devices
from vc.types import UNSET
client, devices, cursor = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2]), [], UNSET
while cursor is not None:
    page = list_devices.sync(client=client, limit=500, cursor=cursor)
    devices, cursor = devices + page.data, page.next_cursor
${PYTHON_COUNT}`;
      return listedOf(await run(folder, PYTHON, "-c", program, baseUrl, KEY));
    },
  },
  {
    name: "openapi-generator for Python",
    quick: false,
    needs: [inVenv("openapi-generator-cli"), "java"],
    async list(folder, { baseUrl }) {
      await generate(folder, "python");
      const program = `import sys
sys.path.insert(0, "client")
import openapi_client as vc
vc.EventsApi.list_events, vc.Site.from_dict({"site_id": "a", "org_id": "b", "name": "c", "address": None})
api = vc.InventoryApi(vc.ApiClient(vc.Configuration(host=sys.argv[1], access_token=sys.argv[2])))
devices, cursor, more = [], None, True
while more:
    page = api.list_devices(limit=500, cursor=cursor)
    devices, cursor, more = devices + page.data, page.next_cursor, page.next_cursor is not None
${PYTHON_COUNT}`;
      return listedOf(await run(folder, PYTHON, "-c", program, baseUrl, KEY));
    },
  },
  {
    name: "openapi-generator for TypeScript",
    quick: true,
    needs: [inVenv("openapi-generator-cli"), "java"],
    async list(folder, { baseUrl }) {
      await generate(folder, "typescript-fetch");
      await writeFile(join(folder, "list.ts"), TYPESCRIPT);
      await compileTypeScript(folder, "list.ts");
      return listedOf(await run(folder, process.execPath, "list.js", baseUrl, KEY));
    },
  },
  {
    name: "datamodel-code-generator",
    quick: false,
    needs: [inVenv("datamodel-codegen")],
    async list(folder, cloud) {
      const options = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"];
      await run(folder, inVenv("datamodel-codegen"), "--input", OPENAPI, ...options, "--output", "models.py");
      const pages: string[] = [];
      for await (const page of pagesOf(cloud)) pages.push(page);
      await writeFile(join(folder, "pages.json"), `[${pages.join(",")}]`);
      const program = `import json, models
assert {"site_id", "org_id"} <= set(models.Site.model_fields)
pages = [models.DeviceListing.model_validate(page) for page in json.load(open("pages.json"))]
devices = [device for page in pages for device in page.data]
print(len(devices), sum(d.status is not None and d.status.value == "online" for d in devices), sum(bool(d.name) for d in devices))`;
      return listedOf(await run(folder, PYTHON, "-c", program));
    },
  },
  {
    name: "oapi-codegen",
    quick: false,
    needs: [OAPI, "go"],
    async list(folder, { baseUrl }) {
      await writeFile(join(folder, "go.mod"), "module listing\n\ngo 1.24\n");
      await run(folder, OAPI, "-generate", "types,client", "-package", "main", "-o", "client.go", OPENAPI);
      await writeFile(join(folder, "main.go"), GO_OAPI);
      await run(folder, "go", "mod", "tidy");
      return listedOf(await run(folder, "go", "run", ".", baseUrl, KEY));
    },
  },
  {
    name: "openapi-generator for Go",
    quick: false,
    needs: [inVenv("openapi-generator-cli"), "java", "go"],
    async list(folder, { baseUrl }) {
      await generate(folder, "go");
      const client = join(folder, "client");
      // The generated tests need a further module.
      await rm(join(client, "test"), { recursive: true });
      await mkdir(join(client, "listing"));
      await writeFile(join(client, "listing/main.go"), GO);
      await run(client, "go", "mod", "tidy");
      return listedOf(await run(client, "go", "run", "./listing", baseUrl, KEY));
    },
  },
  {
    name: "openapi-generator for Java",
    quick: false,
    needs: [inVenv("openapi-generator-cli"), "java", "javac", "mvn"],
    async list(folder, { baseUrl }) {
      await generate(folder, "java");
      const client = join(folder, "client");
      const path = "-Dmdep.outputFile=classpath.txt";
      await run(client, "mvn", "-q", "-Dmaven.test.skip=true", "compile", "dependency:build-classpath", path);
      const classes = `target/classes:${await run(client, "cat", "classpath.txt")}`;
      await writeFile(join(client, "Listing.java"), JAVA);
      return listedOf(await run(client, "java", "-cp", classes, "Listing.java", baseUrl, KEY));
    },
  },
  {
    name: "openapi-generator for C#",
    quick: false,
    needs: [inVenv("openapi-generator-cli"), "java"],
    async list(folder) {
      await generate(folder, "csharp");
      return null;
    },
  },
];

/** Returns what a generator needs and this machine lacks. */
export async function missingFor({ needs }: Generator): Promise<string[]> {
  const found = await Promise.all(
    needs.map((need) =>
      need.includes("/")
        ? isThere(need)
        : run(tmpdir(), "sh", "-c", `command -v ${need}`).then(
            () => true,
            () => false,
          ),
    ),
  );
  return needs.filter((_, at) => !found[at]);
}

/** Runs work in a temporary folder. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "generators-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lists devices with a client that a generator writes into a temporary folder. */
export const listWith = (generator: Generator, cloud: Cloud): Promise<Listed | null> =>
  inFolder((folder) => generator.list(folder, cloud));

/** `pnpm generators`: installs what is missing and tries every generator; `--install-quick` only installs. */
async function main(args: readonly string[]): Promise<void> {
  const installOnly = args.includes("--install-quick");
  await installGenerators({ go: !installOnly });
  if (installOnly) return;
  const cloud = await startCampus();
  const expected = JSON.stringify(await listPlainly(cloud));
  for (const generator of GENERATORS) {
    const missing = await missingFor(generator);
    if (missing.length > 0) {
      console.log(`skipped    ${generator.name}: install ${missing.join(", ")}`);
      continue;
    }
    const listed = await listWith(generator, cloud).catch((error: Error) => error);
    const shown = listed instanceof Error ? listed.message : JSON.stringify(listed);
    if (listed !== null && shown !== expected) process.exitCode = 1;
    const verdict = listed === null ? "generated" : shown === expected ? "lists" : "FAILED";
    console.log(`${verdict.padEnd(10)} ${generator.name}${listed === null ? "" : `: ${shown}`}`);
  }
  cloud.close();
  const needed = await Promise.all(GENERATORS.map(missingFor));
  const isQuick = needed.flat().length > 0;
  const failure = await inFolder((folder) => readServerDocument(folder, { isQuick })).catch(
    (error: Error) => error.message,
  );
  if (failure !== undefined) process.exitCode = 1;
  const generators = isQuick ? "openapi-python-client" : "all generators except C#";
  console.log(
    failure === undefined
      ? `compiles   the ingestion server's document, with ${generators}`
      : `FAILED     the ingestion server's document: ${failure}`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(process.argv.slice(2));
