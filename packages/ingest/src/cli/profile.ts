import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createVendorClient } from "@convergint/client";
import {
  type CheckReport,
  type CoverageRow,
  checkProfile,
  createContractFetch,
  draftProfile,
  listShipped,
  type Profile,
  readProfile,
  readShipped,
  type SampleFile,
} from "@convergint/profiles";
import type { Command } from "commander";
import { createFaultCollector } from "../domain/fault.ts";
import { credentialSchema, toCredential } from "../integrations/integration-body.ts";
import { fillSettings } from "../integrations/profile.ts";
import { createWordCounter } from "../sync/listing.ts";
import { type CredentialFlags, collectSetting, readCredential, withCredential } from "./integration.ts";
import { formatFaults } from "./preview.ts";
import { ServerCallError } from "./server-call.ts";
import { print, type Terminal } from "./terminal.ts";

interface ProfileFlags {
  readonly setting?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

interface SampleFlags extends ProfileFlags {
  readonly samples: string;
}

/** Reads a profile for a command. @throws {ProfileError} */
export async function openArgument(argument: string): Promise<Profile> {
  const shipped = readShipped(argument);
  return shipped === null
    ? readProfile(await readFile(argument, "utf8"), argument)
    : readProfile(shipped, `${argument}.yaml`);
}

/** Samples, and the settings that they were taken with. */
interface Samples {
  readonly files: readonly SampleFile[];
  readonly settings: Readonly<Record<string, string>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Reads samples: the files of a folder, or one file `{ "samples": { "NAME": body }, "settings": {} }`. */
async function readSampleFiles(path: string): Promise<Samples> {
  if ((await stat(path)).isFile()) {
    const { samples, settings = {} } = JSON.parse(await readFile(path, "utf8")) as Partial<
      Record<"samples" | "settings", unknown>
    >;
    if (!isObject(samples))
      throw new ServerCallError("no_samples", `${path} has no member "samples" with the samples by name.`);
    const files = Object.entries(samples).map(([name, body]) => ({
      name: `${name}.json`,
      text: JSON.stringify(body),
    }));
    return { files, settings: settings as Samples["settings"] };
  }
  const names = (await readdir(path)).filter((name) => name.endsWith(".json"));
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(path, name), "utf8") })),
  );
  return { files, settings: {} };
}

/** Pads the cells of a table, so that its columns are aligned. */
function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}

const STATES = { all: "yes", some: "partly", none: "NO", no_sample: "no sample" } as const;

const toCells = ({ id, level, requirement, state, met, of, detail }: CoverageRow): readonly string[] => [
  id,
  level,
  requirement,
  state === "no_sample" ? STATES[state] : `${STATES[state]} (${met} of ${of})`,
  detail ?? "",
];

function formatReport(report: CheckReport): readonly string[] {
  const { profile, problems, fields, faults, unmapped, ignored, coverage, limitations } = report;
  return [
    `Profile ${profile.name}, digest ${profile.digest}`,
    ...problems.map((problem) => `  ${problem}`),
    "Fields, with the first value of each:",
    ...formatTable([
      ["record", "field", "present", "first value"],
      ...fields.map(({ record, field, present, of, first }) => [
        record,
        field,
        `${present} of ${of}`,
        first === undefined ? "" : JSON.stringify(first),
      ]),
    ]),
    ...(faults.length > 0 ? ["Faults:"] : []),
    ...faults.map(
      ({ record, pointer, message, value, count, setAside }) =>
        `  ${setAside ? "lost" : "left out"} (${count}): ${[record, pointer].filter(Boolean).join(" ")} is ${value}: ${message}`,
    ),
    ...(unmapped.length > 0 ? ["Unmapped words; add them to `words`, or to the rules of events:"] : []),
    ...unmapped.map(({ kind, word, count }) => `  ${kind} ${JSON.stringify(word)}: ${count}`),
    ...(ignored > 0 ? [`Events that webhooks.ignore drops: ${ignored}`] : []),
    ...(limitations.length > 0 ? ["Limitations of this vendor's format:"] : []),
    ...limitations.map((limitation) => `  ${limitation}`),
    "Minimum data:",
    ...formatTable(coverage.map(toCells)),
  ];
}

async function check(argument: string, flags: SampleFlags, terminal: Terminal): Promise<void> {
  const profile = await openArgument(argument);
  const samples = await readSampleFiles(flags.samples);
  const settings = fillSettings(profile, { ...samples.settings, ...flags.setting });
  const report = checkProfile(profile, samples.files, { settings });
  print(terminal, flags, report, formatReport(report));
  if (!report.ok) terminal.setExitCode(1);
}

interface InitFlags {
  readonly samples: string;
  readonly name?: string;
  readonly baseUrl?: string;
  readonly out?: string;
}

async function init({ samples, name, baseUrl, out }: InitFlags, terminal: Terminal): Promise<void> {
  const { files } = await readSampleFiles(samples);
  if (files.length === 0)
    throw new ServerCallError("no_samples", `The folder ${samples} has no *.json files.`);
  const folder = basename(samples)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const text = draftProfile(files, { name: name ?? (folder || "vendor"), baseUrl });
  if (out === undefined) return void terminal.stdout.write(text);
  await writeFile(out, text, { flag: "wx" });
  terminal.stderr.write(`Wrote ${out}. Check everything that is marked \`guessed\` or TODO.\n`);
}

/** How many devices `try` shows. */
const SHOWN = 10;

interface TryFlags extends ProfileFlags, CredentialFlags {
  readonly baseUrl?: string;
  readonly allowPost?: boolean;
}

/**
 * Lets only requests through that read. A profile can read with POST, and only a person knows that such a request changes
 * nothing; requests for tokens are POST by their nature.
 */
function onlyReading(profile: Profile, allowPost: boolean): typeof fetch {
  const posts = Object.entries(profile.document.inventory?.requests ?? {}).filter(
    ([, { method }]) => method === "POST",
  );
  if (posts.length > 0 && !allowPost) {
    const names = posts.map(([name]) => name).join(", ");
    throw new ServerCallError(
      "reads_by_post",
      `Some requests of this profile use POST: ${names}. If they change nothing at the vendor, add --allow-post.`,
    );
  }
  return fetch;
}

async function tryProfile(argument: string, flags: TryFlags, terminal: Terminal): Promise<void> {
  const profile = await openArgument(argument);
  const baseUrl = flags.baseUrl ?? profile.document.base_url;
  if (baseUrl === undefined)
    throw new ServerCallError("no_base_url", "The profile has no base URL. Add --base-url.");
  const faults = createFaultCollector();
  const words = createWordCounter("");
  const contract = createContractFetch(profile, {
    baseUrl,
    credential: toCredential(credentialSchema.parse(await readCredential(flags, terminal))),
    settings: fillSettings(profile, flags.setting ?? {}),
    fetch: onlyReading(profile, flags.allowPost === true),
    onFault: faults.add,
    onUnmapped: ({ kind, word }) => words.add(kind, word),
  });
  const vendor = createVendorClient({ baseUrl, credential: { apiKey: "not-sent" }, fetch: contract });
  const devices: Readonly<Record<string, unknown>>[] = [];
  let total: number | null = null;
  for await (const { data, snapshot } of vendor.devicePages({}, { onFault: faults.add })) {
    total = snapshot.total_count ?? null;
    devices.push(...data.slice(0, SHOWN - devices.length));
    if (devices.length >= SHOWN) break;
  }
  const { count, setAside, first } = faults.report();
  const answer = {
    devices,
    total_count: total,
    faults: {
      count,
      set_aside: setAside,
      first: first.map(({ setAside: set_aside, ...each }) => ({ ...each, set_aside })),
    },
    unmapped_words: words.all().map(({ kind, word, count: times }) => ({ kind, word, count: times })),
  };
  print(terminal, flags, answer, [
    `Read ${total ?? "an unknown number of"} devices; the first ${devices.length}:`,
    ...devices.map((device) => `  ${JSON.stringify(device)}`),
    ...formatFaults(answer.faults),
    ...answer.unmapped_words.map(
      ({ kind, word, count: times }) => `  no meaning: ${kind} ${JSON.stringify(word)}: ${times}`,
    ),
  ]);
}

const withSettings = (command: Command): Command =>
  command
    .option("--setting <name=value>", "value of a setting of the profile; repeatable", collectSetting)
    .option("--json", "print only JSON");

/** Adds the commands that write and test profiles. They need no running server. */
export function profileCommands(program: Command, terminal: Terminal): void {
  const profile = program
    .command("profile")
    .description("Write and test profiles, which map vendors that do not serve the contract.");
  profile
    .command("list")
    .description("List the shipped profiles.")
    .option("--json", "print only JSON")
    .action((flags: { readonly json?: boolean }) => {
      const profiles = listShipped();
      print(
        terminal,
        flags,
        { data: profiles },
        profiles.map(({ name, title }) => `${name}  ${title}`),
      );
    });
  profile
    .command("show")
    .description("Print a shipped profile, for example to start a new profile from it.")
    .argument("<name>")
    .action((name: string) => {
      const text = readShipped(name);
      if (text === null)
        throw new ServerCallError(
          "unknown_profile",
          `No shipped profile has the name ${name}. See \`profile list\`.`,
        );
      terminal.stdout.write(text);
    });
  withSettings(profile.command("check"))
    .description(
      "Apply a profile to samples of a vendor's responses and deliveries: field by field, with faults, unmapped words and the minimum data. Exits with 1 if a record is lost or a MUST is not met.",
    )
    .argument("<name|file>")
    .requiredOption(
      "--samples <dir>",
      "folder of samples: REQUEST.json or REQUEST.TAG.json (the response to that request), webhook.json or webhook.TAG.json (a delivery)",
    )
    .action((argument: string, flags: SampleFlags) => check(argument, flags, terminal));
  profile
    .command("init")
    .description(
      "Draft a profile from samples. Guesses paging, ids, times and words, and says so in comments.",
    )
    .requiredOption("--samples <dir>", "folder of samples, named as for `profile check`")
    .option("--name <name>", "name of the profile (default: the folder's)")
    .option("--base-url <url>", "the vendor's base URL")
    .option("--out <file>", "file to write, which must not exist (default: standard output)")
    .action((flags: InitFlags) => init(flags, terminal));
  withCredential(withSettings(profile.command("try")))
    .description(
      "Read a vendor's live API through a profile, without a server, and show the first ten devices. Changes nothing at the vendor.",
    )
    .argument("<name|file>")
    .option("--base-url <url>", "the vendor's base URL (default: the profile's)")
    .option("--allow-post", "allow inventory requests with the method POST")
    .action((argument: string, flags: TryFlags) => tryProfile(argument, flags, terminal));
}
