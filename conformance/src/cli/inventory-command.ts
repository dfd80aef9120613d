import { Command } from "commander";
import { serveInventory } from "../suite/served-inventory.ts";
import { type InventoryFlags, inventoryOptions, parseInventoryFlags } from "./inventory-options.ts";
import { UsageError } from "./usage-error.ts";

interface Flags extends InventoryFlags {
  readonly org: string;
  readonly site: string;
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });

async function serve(flags: Flags): Promise<void> {
  const inventory = parseInventoryFlags(flags);
  if (!inventory) throw new UsageError("Give the port to serve the inventory on, with --inventory-port.");
  const { server } = await serveInventory(inventory, { orgId: flags.org, siteId: flags.site });
  process.stderr.write(
    `· Serving the inventory at ${server.baseUrl}: set the consumer's integration up with it. Ctrl-C ends it.\n`,
  );
  await interrupted();
  await server.close();
}

/** `inventory`: serve what `run receiver` has a consumer poll, so that the consumer can be set up before the run. */
export function inventoryCommand() {
  const command = new Command("inventory")
    .description("Serve the inventory of run receiver, while you set a consumer up to poll it.")
    .option("--org <id>", "the org that its devices are in", "conformance-org")
    .option("--site <id>", "the site that its devices are in", "conformance-site");
  for (const option of inventoryOptions()) command.addOption(option);
  return command
    .addHelpText(
      "after",
      `
Some consumers try a vendor's credential when it is entered, before there is a webhook URL to give to run receiver.
Serve the inventory, set the integration up with its URL and key, end it, and begin the run on the same port.

Example: convergint-conformance inventory --inventory-port 9450 --inventory-key "$(openssl rand -hex 16)"`,
    )
    .action(serve);
}
