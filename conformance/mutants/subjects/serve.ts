import { Command, InvalidArgumentError } from "commander";
import { vendorMutants } from "../index.ts";
import { mutantVendor } from "./mutant-vendor.ts";

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
  if (!mutant) throw new InvalidArgumentError(`There is no mutant ${flags.mutant}.`);
  const { seed, apiKey, secondApiKey } = flags;
  const { withdrawnApiKey, productionApiKey } = flags;
  const keys = { apiKey, secondApiKey: secondApiKey ?? "", withdrawnApiKey, productionApiKey };
  const { clientId, clientSecret } = flags;
  const oauthClients = clientId && clientSecret ? [{ clientId, clientSecret }] : [];
  const vendor = mutantVendor(mutant, { seed, keys, twoTenants: secondApiKey !== undefined, oauthClients });
  const base_url = await vendor.listen({ port: flags.port });
  process.stdout.write(`${JSON.stringify({ base_url, breaks: mutant.breaks, defect: mutant.defect })}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void vendor.close());
}

await new Command("serve-mutant")
  .description("Run one mutant of the reference vendor as a standing process.")
  .requiredOption("--mutant <name>", `one of: ${Object.keys(vendorMutants).join(", ")}`)
  .option("--port <n>", "port to listen on; 0 takes a free one", Number, 0)
  .option("--seed <n>", "which campus", Number, 1)
  .requiredOption("--api-key <key>", "the API key callers send")
  .option("--second-api-key <key>", "a second tenant's key: then each sees an org of its own")
  .option("--withdrawn-api-key <key>", "a key that opens nothing any more", "withdrawn-key")
  .option("--production-api-key <key>", "a production tenant's key", "production-key")
  .option("--client-id <id>", "an OAuth 2 client, whose access tokens are good for seconds")
  .option("--client-secret <secret>", "its secret")
  .action(serve)
  .parseAsync();
