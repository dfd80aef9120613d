import { readFileSync } from "node:fs";
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
  readonly clientPublicKeyFile: readonly string[];
  readonly publicKeyFile: readonly string[];
  readonly secondPublicKeyFile: readonly string[];
  readonly productionPublicKeyFile: readonly string[];
  readonly accessTokenSeconds: number;
  readonly batching: boolean;
  readonly outbox?: string;
  readonly without: readonly CampusPart[];
  readonly endpoint: readonly string[];
  readonly unrest?: number;
}

type Settings = Omit<Flags, "outbox" | "endpoint"> & {
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

const collect = (file: string, before: readonly string[]): readonly string[] => [...before, file];

/** An option for the file of a public key, which may be given several times. */
const publicKeyOption = (flag: string, description: string) =>
  new Option(`${flag} <[kid=]file>`, description).argParser(collect).default([], "none");

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
  .addOption(
    publicKeyOption(
      "--client-public-key-file",
      "public key (PEM) of that client, for private_key_jwt; repeatable",
    ),
  )
  .addOption(
    publicKeyOption(
      "--public-key-file",
      "public key (PEM) of a consumer that signs its tokens and sees what the first key sees; kid= gives it an id; repeatable",
    ),
  )
  .addOption(publicKeyOption("--second-public-key-file", "public key of the second tenant"))
  .addOption(publicKeyOption("--production-public-key-file", "public key of a production tenant"))
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
    `post to this URL what the first tenant may see, as if it had been entered in this vendor's console; repeatable; the secret of each, separated by spaces, is in ${ENDPOINT_SECRET}`,
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
  const { outbox, endpoint, ...flags } = program.parse().opts<Flags>();
  const { apiKey, clientId, clientSecret, clientPublicKeyFile, publicKeyFile } = flags;
  if (apiKey === undefined && publicKeyFile.length === 0)
    return program.error(
      "error: no credential: pass --api-key KEY or set CAMPUS_API_KEY, or pass --public-key-file FILE",
    );
  if (apiKey !== undefined && apiKey === flags.secondApiKey)
    return program.error("error: --second-api-key must differ from the other keys");
  if (apiKey !== undefined && apiKey === flags.productionApiKey)
    return program.error("error: --production-api-key must differ from the other keys");
  if (apiKey !== undefined && apiKey === flags.withdrawnApiKey)
    return program.error("error: --withdrawn-api-key must differ from the keys in use");
  if ((clientId === undefined) !== (clientSecret === undefined && clientPublicKeyFile.length === 0))
    return program.error(
      "error: pass --client-id together with --client-secret or --client-public-key-file, or both",
    );
  const handRegistered = readEndpoints(endpoint);
  return {
    ...flags,
    handRegistered,
    outboxFile: outbox === undefined ? undefined : readOutboxFile(outbox),
  };
}

/** Reads public keys, each given as FILE or as KID=FILE. */
const readPublicKeys = (files: readonly string[]) =>
  files.map((text) => {
    const [, keyId, file = text] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
    try {
      return { publicKey: readFileSync(file, "utf8"), ...(keyId !== undefined && { keyId }) };
    } catch (error) {
      return program.error(`error: cannot read the public key ${file}: ${(error as Error).message}`);
    }
  });

/** Returns the credentials and endpoints with their orgs; with two tenants, the endpoints belong to the first. */
function tenantsOf(settings: Settings, orgIds: readonly OrgId[]): Omit<CampusOptions, "seed"> {
  const { apiKey, secondApiKey, productionApiKey, withdrawnApiKey, clientId, clientSecret } = settings;
  const [firstOrg, ...otherOrgs] = orgIds;
  const isOnlyTenant = secondApiKey === undefined && settings.secondPublicKeyFile.length === 0;
  const first: Tenant = isOnlyTenant || firstOrg === undefined ? { orgIds: "all" } : { orgIds: [firstOrg] };
  const consumers = [
    { name: "first", keys: readPublicKeys(settings.publicKeyFile), ...first },
    { name: "second", keys: readPublicKeys(settings.secondPublicKeyFile), orgIds: otherOrgs },
    {
      name: "production",
      keys: readPublicKeys(settings.productionPublicKeyFile),
      ...first,
      production: true,
    },
  ];
  return {
    apiKeys: [
      ...(apiKey === undefined ? [] : [{ key: apiKey, ...first }]),
      ...(secondApiKey === undefined ? [] : [{ key: secondApiKey, orgIds: otherOrgs }]),
      ...(productionApiKey === undefined ? [] : [{ key: productionApiKey, ...first, production: true }]),
    ],
    withdrawnKeys: withdrawnApiKey === undefined ? [] : [withdrawnApiKey],
    oauthClients:
      clientId === undefined
        ? []
        : [
            {
              clientId,
              ...(clientSecret !== undefined && { clientSecret }),
              keys: readPublicKeys(settings.clientPublicKeyFile),
              ...first,
            },
          ],
    consumers: consumers.filter(({ keys }) => keys.length > 0),
    handRegistered: settings.handRegistered.map((endpoint) => ({ ...endpoint, ...first })),
    accessTokenSeconds: settings.accessTokenSeconds,
  };
}

async function run(): Promise<void> {
  const settings = readSettings();
  const { port, seed, batching, outboxFile, without, unrest } = settings;
  // The server is loaded only for valid settings, so that --help and refusals do not wait for its modules.
  const { createCampus } = await import("./campus.ts");
  const { createEstate } = await import("./estate/estate.ts");
  const { orgs, sites, devices } = createEstate(seed, new Date());
  const tenants = tenantsOf(
    settings,
    orgs.map(({ org_id }) => org_id),
  );
  const campus = createCampus({
    ...{ seed, batching, without },
    ...tenants,
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
