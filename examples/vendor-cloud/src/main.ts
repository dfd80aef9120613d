import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { createCampus } from "./campus.ts";
import type { ApiKey } from "./credentials.ts";
import type { OutboxFile } from "./deliver/open-outbox.ts";
import { createEstate } from "./estate/estate.ts";

interface Flags {
  readonly port: number;
  readonly seed: number;
  readonly apiKey?: string;
  readonly secondApiKey?: string;
  readonly outbox?: string;
}

interface Settings {
  readonly port: number;
  readonly seed: number;
  readonly first: string;
  readonly second: string | undefined;
  readonly outboxFile: OutboxFile | undefined;
}

const OUTBOX_KEY = "CAMPUS_OUTBOX_KEY";

const wholeNumber =
  (maximum: number) =>
  (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number <= maximum)) throw new InvalidArgumentError(`Give a whole number from 0 to ${maximum}.`);
    return number;
  };

const key = (text: string): string => {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new InvalidArgumentError("Give visible ASCII characters without spaces.");
  return text;
};

const program = new Command("campus")
  .description("Runs the reference vendor cloud: a campus with 1,200 devices, for trying and testing.")
  .option("--port <n>", "port to listen on, on 127.0.0.1; 0 takes a free one", wholeNumber(65_535), 0)
  .option("--seed <n>", "which campus: the same seed is the same estate", wholeNumber(2 ** 32 - 1), 1)
  .addOption(new Option("--api-key <key>", "the API key callers send").env("CAMPUS_API_KEY").argParser(key))
  .addOption(
    new Option(
      "--second-api-key <key>",
      "a second tenant's key: then the first sees org 1, this one org 2",
    ).argParser(key),
  )
  .option(
    "--outbox <file>",
    `keeps endpoints and undelivered events in this SQLite file; needs ${OUTBOX_KEY} (default: in memory)`,
  )
  .exitOverride();

/** The key comes by the environment alone: arguments are there for every process of the machine to read. */
function readOutboxFile(path: string): OutboxFile {
  const encryptionKey = process.env[OUTBOX_KEY] ?? "";
  if (Buffer.from(encryptionKey, "base64").length !== 32)
    return program.error(
      `error: --outbox encrypts the endpoints' secrets: make a key once by \`openssl rand -base64 32\`, keep it, and set ${OUTBOX_KEY} to it at every start`,
    );
  return { path, encryptionKey };
}

function readSettings(): Settings {
  const { port, seed, apiKey, secondApiKey, outbox } = program.parse().opts<Flags>();
  if (apiKey === undefined)
    return program.error("error: choose an API key and give it: --api-key KEY, or CAMPUS_API_KEY=KEY");
  if (apiKey === secondApiKey)
    return program.error("error: --second-api-key is another tenant's: give a key of its own");
  const outboxFile = outbox === undefined ? undefined : readOutboxFile(outbox);
  return { port, seed, first: apiKey, second: secondApiKey, outboxFile };
}

async function run(): Promise<void> {
  const { port, seed, first, second, outboxFile } = readSettings();
  const { orgs, sites, devices } = createEstate(seed, new Date());
  const [firstOrg, ...otherOrgs] = orgs.map(({ org_id }) => org_id);
  const apiKeys: ApiKey[] =
    second === undefined || firstOrg === undefined
      ? [{ key: first, orgIds: "all" }]
      : [
          { key: first, orgIds: [firstOrg] },
          { key: second, orgIds: otherOrgs },
        ];
  const campus = createCampus({ seed, apiKeys, ...(outboxFile && { outboxFile }) });
  const base_url = await campus.listen({ port });
  const summary = { base_url, seed, devices: devices.length, sites: sites.length, orgs: orgs.length };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void campus.close());
}

try {
  await run();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already; help that was asked for is no error.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`campus: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
