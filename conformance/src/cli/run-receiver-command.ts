import { Command } from "commander";
import { receiverSettings } from "../config/receiver-settings.ts";
import { parseReports } from "../config/resolve-settings.ts";
import { fuzzReceiver } from "../fuzz/receiver.ts";
import { runReceiverSuite } from "../suite/run-receiver.ts";
import { type CliContext, UsageError } from "./context.ts";
import { reportFuzz } from "./fuzz-command.ts";
import { buildInventory } from "./inventory-command.ts";
import { addSettings, type Flags, onlyOption, parseRequirements, proxyOf, resolveFlags } from "./options.ts";
import { readKnownFailures, reportRun } from "./report-run.ts";

interface ReceiverFlags extends Flags {
  readonly only: readonly string[];
  readonly json: boolean;
  readonly fuzz: boolean;
}

async function run(flags: ReceiverFlags, context: CliContext): Promise<void> {
  const { values, resolutions } = resolveFlags(receiverSettings, flags, context);
  const { url, otherSecret = null, org = "", site = "", statusUrl, statusToken = null } = values;
  if (url === undefined) throw new UsageError("Give the consumer's webhook endpoint with --url.");
  const [first, ...others] = values.secrets ?? [];
  if (first === undefined) {
    throw new UsageError(
      "Give the secret that the endpoint uses to verify webhooks, with --secret or in CONFORMANCE_WEBHOOK_SECRETS. During a rotation, give both secrets.",
    );
  }
  const proxy = proxyOf(values);
  const place = { orgId: org, siteId: site };
  if (flags.fuzz) {
    await reportFuzz(new URL(url).href, values, flags, context, (hunt) =>
      fuzzReceiver({ ...hunt, url: new URL(url), secrets: [first, ...others], place, proxy }),
    );
    return;
  }
  const inventory = await buildInventory(values, context);
  const only = parseRequirements(flags.only, "consumer", inventory ? ["polled_inventory"] : []);
  const baseline = await readKnownFailures(values.baseline, context);
  const reports = parseReports(resolutions.reports?.texts ?? [], "--report");
  await reportRun({ reports, bundle: values.bundle, baseline, json: flags.json }, context, (options) => {
    const onServing = (baseUrl: string) => options.tracker.say(`Serving an inventory at ${baseUrl}`);
    return runReceiverSuite({
      url: new URL(url),
      secrets: [first, ...others],
      otherSecret,
      place,
      status: statusUrl === undefined ? null : { url: statusUrl, token: statusToken },
      ...(values.timeBudgetSeconds === undefined ? {} : { timeBudgetSeconds: values.timeBudgetSeconds }),
      ...(only && { only }),
      proxy,
      inventory: inventory && { ...inventory, onServing },
      clock: context.clock,
      ...options,
    });
  });
}

/** Creates `run receiver`, which certifies a consumer. */
export const runReceiverCommand = (context: CliContext) =>
  addSettings(
    new Command("receiver").description(
      "Certify a consumer: post valid and invalid webhooks to it like a vendor, and serve an inventory that it polls.",
    ),
    receiverSettings,
  )
    .addOption(onlyOption())
    .option("--json", "print the JSON report instead of the checklist", false)
    .option("--fuzz", "post random webhooks instead, and check every answer; certifies nothing", false)
    .addHelpText(
      "after",
      `
The command posts about 80 webhooks about made-up devices named conformance-…. Some webhooks are forged.
Use a test integration.

With --inventory-port, the command also serves an inventory of such devices and watches how the consumer polls it. First
set up the integration with the inventory's URL, the key of --inventory-key (or the private key that belongs to
--inventory-public-key-file) and the short polling interval of --poll-seconds. While you do so, serve the inventory with the inventory command.

Exit codes: as for run; 3 means that the consumer does not respond.

Example: convergint-conformance run receiver --url https://ingest.example/webhooks/int_1 \\
           --secret whsec_… --secret whsec_… --other-secret whsec_… --org org-1 --site hq \\
           --status-url 'https://ingest.example/v1/integrations/int_1/devices/{device_id}?customer_id=cust_1'`,
    )
    .action((flags: ReceiverFlags) => run(flags, context));
