import { explainListenError } from "@convergint/internal/cli-errors";
import type { OrgId } from "@convergint/schemas";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CampusOptions } from "./campus.ts";
import type { Tenant } from "./credentials.ts";
import type { OutboxFile } from "./deliver/open-outbox.ts";
import type { HandRegisteredEndpoint } from "./deliver/webhook-endpoints.ts";
import { CAMPUS_PARTS, type CampusPart } from "./parts.ts";

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
  readonly without: readonly CampusPart[];
  readonly endpoint: readonly string[];
  readonly unrest?: number;
}

type Settings = Omit<Flags, "apiKey" | "outbox" | "endpoint"> & {
  readonly apiKey: string;
  readonly handRegistered: readonly HandRegisteredEndpoint[];
  readonly outboxFile: OutboxFile | undefined;
};

const OUTBOX_KEY = "CAMPUS_OUTBOX_KEY";
const ENDPOINT_SECRET = "CAMPUS_ENDPOINT_SECRET";

const wholeNumber =
  (maximum: number, minimum = 0) =>
  (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= minimum && number <= maximum))
      throw new InvalidArgumentError(`Must be a whole number from ${minimum} to ${maximum}.`);
    return number;
  };

const key = (text: string): string => {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new InvalidArgumentError("Must be visible ASCII characters without spaces.");
  return text;
};

const parts = (text: string): CampusPart[] => {
  const isPart = (name: string): name is CampusPart => CAMPUS_PARTS.some((part) => part === name);
  const names = text.split(",");
  const known = names.filter(isPart);
  if (known.length < names.length)
    throw new InvalidArgumentError(`Must be some of ${CAMPUS_PARTS.join(",")}.`);
  return known;
};

const program = new Command("campus")
  .description("Run the reference vendor cloud: a campus with 1,200 devices, for trials and tests.")
  .option("--port <n>", "port on 127.0.0.1; 0 picks a free one", wholeNumber(65_535), 0)
  .option(
    "--seed <n>",
    "determines the estate: the same seed gives the same campus",
    wholeNumber(2 ** 32 - 1),
    1,
  )
  .addOption(new Option("--api-key <key>", "API key that callers send").env("CAMPUS_API_KEY").argParser(key))
  .addOption(
    new Option(
      "--second-api-key <key>",
      "API key of a second tenant; the first key then sees only org 1, and this key only org 2",
    ).argParser(key),
  )
  .addOption(
    new Option(
      "--production-api-key <key>",
      "API key of a production tenant: sees what the first key sees, but cannot use sandbox control",
    ).argParser(key),
  )
  .addOption(new Option("--withdrawn-api-key <key>", "a revoked API key").argParser(key))
  .addOption(
    new Option("--client-id <id>", "an OAuth 2 client; sees what the first key sees").env("CAMPUS_CLIENT_ID"),
  )
  .addOption(new Option("--client-secret <secret>", "the secret of that client").env("CAMPUS_CLIENT_SECRET"))
  .option(
    "--access-token-seconds <n>",
    "lifetime of that client's access tokens",
    wholeNumber(86_400, 1),
    3600,
  )
  .option("--batching", "post events that are due together as one batch", false)
  .option(
    "--without <parts>",
    `leave out parts of the contract: ${CAMPUS_PARTS.join(",")}; without sandbox, its routes remain, undeclared`,
    parts,
    [],
  )
  .option(
    "--endpoint <url>",
    `post to this URL, as if it had been entered in this vendor's console; repeatable; the secret of each, separated by spaces, is in ${ENDPOINT_SECRET}`,
    (url: string, before: readonly string[]) => [...before, url],
    [],
  )
  .option(
    "--unrest <seconds>",
    "mean time between two changes that devices make by themselves (default: none)",
    wholeNumber(86_400, 1),
  )
  .option(
    "--outbox <file>",
    `keep endpoints and undelivered events in this SQLite file; needs ${OUTBOX_KEY} (default: in memory)`,
  )
  .exitOverride();

/** Reads the key from the environment only, since every process of the machine can read arguments. */
function readOutboxFile(path: string): OutboxFile {
  const encryptionKey = process.env[OUTBOX_KEY] ?? "";
  if (Buffer.from(encryptionKey, "base64").length !== 32)
    return program.error(
      `error: --outbox needs ${OUTBOX_KEY} to encrypt the endpoints' secrets. Create a key once with \`openssl rand -base64 32\` and set this key at every start`,
    );
  return { path, encryptionKey };
}

/** Pairs each URL with its secret, which comes from the environment only. */
function readEndpoints(urls: readonly string[]): readonly HandRegisteredEndpoint[] {
  const secrets = (process.env[ENDPOINT_SECRET] ?? "").split(" ").filter((secret) => secret !== "");
  if (secrets.length !== urls.length && urls.length > 0)
    return program.error(
      `error: ${urls.length} --endpoint need as many secrets in ${ENDPOINT_SECRET}, separated by spaces; it has ${secrets.length}`,
    );
  return urls.map((url, index) => ({ url, secret: secrets[index] ?? "" }));
}

function readSettings(): Settings {
  const { apiKey, outbox, endpoint, ...flags } = program.parse().opts<Flags>();
  if (apiKey === undefined)
    return program.error("error: no API key: pass --api-key KEY or set CAMPUS_API_KEY");
  if (apiKey === flags.secondApiKey)
    return program.error("error: --second-api-key must differ from the other keys");
  if (apiKey === flags.productionApiKey)
    return program.error("error: --production-api-key must differ from the other keys");
  if (apiKey === flags.withdrawnApiKey)
    return program.error("error: --withdrawn-api-key must differ from the keys in use");
  if ((flags.clientId === undefined) !== (flags.clientSecret === undefined))
    return program.error("error: pass --client-id and --client-secret together");
  const handRegistered = readEndpoints(endpoint);
  return {
    ...flags,
    apiKey,
    handRegistered,
    outboxFile: outbox === undefined ? undefined : readOutboxFile(outbox),
  };
}

/** Returns the API keys and their orgs; with two tenants, each gets one org. */
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
  const { port, seed, batching, outboxFile, without, handRegistered, unrest } = settings;
  // The server is loaded only for valid settings, so that --help and refusals do not wait for its modules.
  const { createCampus } = await import("./campus.ts");
  const { createEstate } = await import("./estate/estate.ts");
  const { orgs, sites, devices } = createEstate(seed, new Date());
  const callers = callersOf(
    settings,
    orgs.map(({ org_id }) => org_id),
  );
  const campus = createCampus({
    ...{ seed, batching, without, handRegistered },
    ...callers,
    ...(unrest !== undefined && { unrestSeconds: unrest }),
    ...(outboxFile && { outboxFile }),
  });
  const base_url = await campus.listen({ port });
  const summary = { base_url, seed, devices: devices.length, sites: sites.length, orgs: orgs.length };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void campus.close());
}

try {
  await run();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed the error already; requested help is not an error.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const message = explainListenError(error) ?? (error instanceof Error ? error.message : String(error));
    process.stderr.write(`campus: ${message}\n`);
    process.exitCode = 1;
  }
}
