import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { explainOldNode } from "@convergint/internal/cli-errors";
import { Command, CommanderError, Option } from "commander";
import { CreateError } from "./errors.ts";
import { readEstate, SAMPLE_CSV } from "./estate.ts";
import {
  exampleProject,
  LANGUAGES,
  type Language,
  NEXT,
  type ProjectFiles,
  typescriptProject,
} from "./project.ts";

/** What the command uses of the machine. */
export interface CreateContext {
  /** The current folder. */
  readonly folder: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Asks the person at the terminal; `null` without a terminal. An empty answer takes the default. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Installs the packages of a project. @returns the exit code of npm */
  readonly install: (folder: string) => Promise<number>;
  /** The version of Node, such as `22.19.0`. */
  readonly nodeVersion: string;
}

interface Options {
  readonly from?: string;
  readonly language?: Language;
  readonly packages?: string;
  readonly yes?: boolean;
  readonly install: boolean;
}

/** The exit codes of the command. */
const EXIT = { failed: 1, usage: 2 } as const;
/** The versions of Node on which a created project runs. The command itself runs on older versions too. */
const PROJECT_NODE = ">=22.19";

function createProgram({ stdout, stderr }: CreateContext): Command {
  return new Command("create-vendor")
    .description("Create a vendor cloud, from a CSV file of devices or from a sample.")
    .argument("[name]", "folder to create, which is also the id of the vendor, such as my-cloud")
    .option(
      "--from <file>",
      "CSV file with the columns name, type and site, and others; only with typescript",
    )
    .addOption(
      new Option("--language <language>", "language of the vendor (default: typescript)").choices(LANGUAGES),
    )
    .option("--packages <folder>", "folder with the tarballs of the kit, until its packages are on npm")
    .option("--no-install", "write the files only, and do not run npm")
    .option("--yes", "ask nothing, and take the defaults")
    .addHelpText(
      "after",
      "\nExit codes: 0 created, 1 npm or the disk failed, 2 wrong options, CSV file or folder.",
    )
    .configureOutput({ writeOut: stdout, writeErr: stderr })
    .exitOverride();
}

const reasonOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

async function requireEmpty(folder: string, name: string): Promise<void> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new CreateError("unreadable_file", `Cannot use ${name}: ${reasonOf(error)}.`, { cause: error });
  });
  if (files.length > 0)
    throw new CreateError("folder_not_empty", `${name} has files. Choose another name, or an empty folder.`);
}

async function readSource(folder: string, file: string | undefined, vendor: { id: string; name: string }) {
  if (file === undefined) return readEstate(SAMPLE_CSV, vendor);
  const csv = await readFile(resolve(folder, file), "utf8").catch((error: unknown) => {
    throw new CreateError("unreadable_file", `Cannot read ${file}: ${reasonOf(error)}.`, { cause: error });
  });
  try {
    return readEstate(csv, vendor);
  } catch (error) {
    if (!(error instanceof CreateError)) throw error;
    throw new CreateError(error.code, error.message.replaceAll(/^/gm, `${file}: `), { cause: error });
  }
}

async function write(folder: string, files: ProjectFiles): Promise<void> {
  try {
    for (const [path, content] of files) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      // `wx` fails instead of overwriting a file that was written meanwhile.
      await writeFile(file, content, { flag: "wx" });
      if (path === ".env") await chmod(file, 0o600);
    }
  } catch (error) {
    throw new CreateError("unreadable_file", `Cannot write into ${folder}: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

async function create(name: string | undefined, options: Options, context: CreateContext): Promise<void> {
  const { folder, stdout, nodeVersion } = context;
  const ask = options.yes ? null : context.ask;
  const answer = async (question: string, otherwise: string) =>
    (await ask?.(`${question} (${otherwise}): `))?.trim() || otherwise;
  const chosen = name ?? (await answer("Folder of the new vendor", "my-cloud"));
  const id = basename(resolve(folder, chosen));
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(id))
    throw new CreateError(
      "invalid_option",
      `${JSON.stringify(id)} cannot be the id of a vendor. Write lower-case letters, digits and hyphens, such as my-cloud.`,
    );
  const target = resolve(folder, chosen);
  await requireEmpty(target, chosen);
  const language = (options.language ??
    (await answer(`Language: ${LANGUAGES.join(", ")}`, "typescript"))) as Language;
  if (!LANGUAGES.includes(language))
    throw new CreateError("invalid_option", `Unknown language ${language}. Write ${LANGUAGES.join(", ")}.`);
  if (language !== "typescript" && (options.from !== undefined || options.packages !== undefined))
    throw new CreateError(
      "invalid_option",
      `--from and --packages need --language typescript: the example in ${language} has its own devices, and uses nothing of the kit.`,
    );
  const display = id
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
  let files: ProjectFiles;
  if (language === "typescript") {
    const isAsked =
      options.from === undefined && ask !== null && (name === undefined || options.language === undefined);
    const from =
      options.from ??
      (isAsked ? (await ask("CSV file of devices (none: a sample): ")).trim() || undefined : undefined);
    const estate = await readSource(folder, from, { id, name: display });
    stdout(
      `${estate.devices.length} devices at ${estate.sites.length} sites of ${estate.orgs.length} orgs.\n`,
    );
    const packages = options.packages === undefined ? undefined : resolve(folder, options.packages);
    files = typescriptProject({ name: id, estate, packages });
  } else files = exampleProject(language);
  await write(target, files);
  stdout(`Wrote ${files.size} files into ${chosen}.\n`);
  if (language === "typescript") {
    const tooOld = explainOldNode("This project", PROJECT_NODE, nodeVersion);
    if (tooOld) stdout(`${tooOld}\n`);
    if (options.install && !tooOld && (await context.install(target)) !== 0)
      throw new CreateError(
        "install_failed",
        "The files are written, but `npm install` failed. If the packages are not on npm yet, create the project with --packages.",
      );
  }
  const isInstalled =
    language !== "typescript" || (options.install && !explainOldNode("", PROJECT_NODE, nodeVersion));
  const next = [`cd ${chosen}`, ...(isInstalled ? [] : ["npm install"]), ...NEXT[language]];
  stdout(`\nnext:\n${next.map((line) => `  ${line}\n`).join("")}`);
}

/**
 * Runs the command.
 *
 * @param args the arguments after the name of the command
 * @returns the exit code
 */
export async function runCreate(args: readonly string[], context: CreateContext): Promise<number> {
  const program = createProgram(context).action((name, options) => create(name, options, context));
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    if (!(error instanceof CreateError)) throw error;
    context.stderr(`create-vendor: ${error.message}\n`);
    return error.code === "install_failed" || error.code === "unreadable_file" ? EXIT.failed : EXIT.usage;
  }
}
