import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { createCampus } from "./campus.ts";
import type { ApiKey } from "./credentials.ts";
import { createEstate } from "./estate/estate.ts";

interface Settings {
  readonly port: number;
  readonly seed: number;
  readonly apiKey?: string;
  readonly secondApiKey?: string;
}

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
  .description(
    "Runs the reference vendor cloud: a campus with 1,200 devices, in memory, for trying and testing.",
  )
  .option("--port <n>", "port to listen on, on 127.0.0.1; 0 takes a free one", wholeNumber(65_535), 0)
  .option("--seed <n>", "which campus: the same seed is the same estate", wholeNumber(2 ** 32 - 1), 1)
  .addOption(new Option("--api-key <key>", "the API key callers send").env("CAMPUS_API_KEY").argParser(key))
  .addOption(
    new Option(
      "--second-api-key <key>",
      "a second tenant's key: then the first sees org 1, this one org 2",
    ).argParser(key),
  )
  .exitOverride();

function readSettings(): { port: number; seed: number; first: string; second: string | undefined } {
  const { port, seed, apiKey, secondApiKey } = program.parse().opts<Settings>();
  if (apiKey === undefined)
    return program.error("error: choose an API key and give it: --api-key KEY, or CAMPUS_API_KEY=KEY");
  if (apiKey === secondApiKey)
    return program.error("error: --second-api-key is another tenant's: give a key of its own");
  return { port, seed, first: apiKey, second: secondApiKey };
}

async function run(): Promise<void> {
  const { port, seed, first, second } = readSettings();
  const { orgs, sites, devices } = createEstate(seed, new Date());
  const [firstOrg, ...otherOrgs] = orgs.map(({ org_id }) => org_id);
  const apiKeys: ApiKey[] =
    second === undefined || firstOrg === undefined
      ? [{ key: first, orgIds: "all" }]
      : [
          { key: first, orgIds: [firstOrg] },
          { key: second, orgIds: otherOrgs },
        ];
  const campus = createCampus({ seed, apiKeys });
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
