import { Command, InvalidArgumentError } from "commander";
import { vendorMutants } from "../index.ts";
import { createMutantVendor } from "./mutant-vendor.ts";

interface ServeFlags {
  readonly mutant: string;
  readonly port: number;
  readonly seed: number;
  readonly apiKey: string;
  readonly secondApiKey?: string;
  readonly withdrawnApiKey: string;
  readonly productionApiKey: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
}

async function serve(flags: ServeFlags): Promise<void> {
  const mutant = vendorMutants[flags.mutant];
  if (!mutant) throw new InvalidArgumentError(`Unknown mutant ${flags.mutant}.`);
  const { seed, apiKey, secondApiKey } = flags;
  const { withdrawnApiKey, productionApiKey } = flags;
  const keys = { apiKey, secondApiKey: secondApiKey ?? "", withdrawnApiKey, productionApiKey };
  const { clientId, clientSecret } = flags;
  const oauthClients = clientId && clientSecret ? [{ clientId, clientSecret }] : [];
  const vendor = createMutantVendor(mutant, {
    seed,
    keys,
    twoTenants: secondApiKey !== undefined,
    oauthClients,
  });
  const base_url = await vendor.listen({ port: flags.port });
  process.stdout.write(`${JSON.stringify({ base_url, breaks: mutant.breaks, defect: mutant.defect })}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void vendor.close());
}

await new Command("serve-mutant")
  .description("Run one mutant of the reference vendor as a server.")
  .requiredOption("--mutant <name>", `one of: ${Object.keys(vendorMutants).join(", ")}`)
  .option("--port <n>", "port to listen on; 0 selects a free port", Number, 0)
  .option("--seed <n>", "selects the campus", Number, 1)
  .requiredOption("--api-key <key>", "the API key of the first tenant")
  .option("--second-api-key <key>", "the API key of a second tenant; splits the orgs between both")
  .option("--withdrawn-api-key <key>", "a revoked API key", "withdrawn-key")
  .option("--production-api-key <key>", "the API key of a production tenant", "production-key")
  .option("--client-id <id>", "an OAuth 2 client, whose access tokens expire within seconds")
  .option("--client-secret <secret>", "the secret of the OAuth 2 client")
  .action(serve)
  .parseAsync();
