import type { OrgId } from "@convergint/schemas";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type CampusOptions, createCampus } from "./campus.ts";
import type { Tenant } from "./credentials.ts";
import type { OutboxFile } from "./deliver/open-outbox.ts";
import { createEstate } from "./estate/estate.ts";

interface Flags {
  readonly port: number;
  readonly seed: number;
  readonly apiKey?: string;
  readonly secondApiKey?: string;
  readonly productionApiKey?: string;
  readonly withdrawnApiKey?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly accessTokenSeconds: number;
  readonly batching: boolean;
  readonly outbox?: string;
}

type Settings = Omit<Flags, "apiKey" | "outbox"> & {
  readonly apiKey: string;
  readonly outboxFile: OutboxFile | undefined;
};

const OUTBOX_KEY = "CAMPUS_OUTBOX_KEY";

const wholeNumber =
  (maximum: number, minimum = 0) =>
  (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= minimum && number <= maximum))
      throw new InvalidArgumentError(`Give a whole number from ${minimum} to ${maximum}.`);
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
  .addOption(
    new Option(
      "--production-api-key <key>",
      "a production tenant's key: it sees what the first does, and may play no device",
    ).argParser(key),
  )
  .addOption(
    new Option(
      "--withdrawn-api-key <key>",
      "a key that was issued once and opens nothing any more",
    ).argParser(key),
  )
  .addOption(
    new Option("--client-id <id>", "an OAuth 2 client, which sees what the first key does").env(
      "CAMPUS_CLIENT_ID",
    ),
  )
  .addOption(new Option("--client-secret <secret>", "its secret").env("CAMPUS_CLIENT_SECRET"))
  .option(
    "--access-token-seconds <n>",
    "how long its access tokens are good for",
    wholeNumber(86_400, 1),
    3600,
  )
  .option("--batching", "post events that are due together as one batch", false)
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
  const { apiKey, outbox, ...flags } = program.parse().opts<Flags>();
  if (apiKey === undefined)
    return program.error("error: choose an API key and give it: --api-key KEY, or CAMPUS_API_KEY=KEY");
  if (apiKey === flags.secondApiKey)
    return program.error("error: --second-api-key is another tenant's: give a key of its own");
  if (apiKey === flags.productionApiKey)
    return program.error("error: --production-api-key is another tenant's: give a key of its own");
  if (apiKey === flags.withdrawnApiKey)
    return program.error("error: --withdrawn-api-key opens nothing: give another than --api-key");
  if ((flags.clientId === undefined) !== (flags.clientSecret === undefined))
    return program.error("error: --client-id and --client-secret go together: give both, or neither");
  return { ...flags, apiKey, outboxFile: outbox === undefined ? undefined : readOutboxFile(outbox) };
}

/** Who is let in, and to what: the orgs are shared out among two tenants, where there are two. */
function callersOf(settings: Settings, orgIds: readonly OrgId[]): Omit<CampusOptions, "seed"> {
  const { apiKey, secondApiKey, productionApiKey, withdrawnApiKey, clientId, clientSecret } = settings;
  const [firstOrg, ...otherOrgs] = orgIds;
  const first: Tenant =
    secondApiKey === undefined || firstOrg === undefined ? { orgIds: "all" } : { orgIds: [firstOrg] };
  return {
    apiKeys: [
      { key: apiKey, ...first },
      ...(secondApiKey === undefined ? [] : [{ key: secondApiKey, orgIds: otherOrgs }]),
      ...(productionApiKey === undefined ? [] : [{ key: productionApiKey, ...first, production: true }]),
    ],
    withdrawnKeys: withdrawnApiKey === undefined ? [] : [withdrawnApiKey],
    oauthClients:
      clientId === undefined || clientSecret === undefined ? [] : [{ clientId, clientSecret, ...first }],
    accessTokenSeconds: settings.accessTokenSeconds,
  };
}

async function run(): Promise<void> {
  const settings = readSettings();
  const { port, seed, batching, outboxFile } = settings;
  const { orgs, sites, devices } = createEstate(seed, new Date());
  const callers = callersOf(
    settings,
    orgs.map(({ org_id }) => org_id),
  );
  const campus = createCampus({ seed, batching, ...callers, ...(outboxFile && { outboxFile }) });
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
