import { Command, Option } from "commander";
import { missingFor } from "../registry/prerequisites.ts";
import { formatNames } from "../report/formats.ts";
import { runReceiverSuite } from "../suite/run-receiver.ts";
import { BASELINE, baselineIn } from "./baseline-option.ts";
import { type InventoryFlags, inventoryOptions, parseInventoryFlags } from "./inventory-options.ts";
import { collectValues, parseReports, type ReportFlags } from "./report-options.ts";
import { reportRun } from "./report-run.ts";
import { httpUrl, requirementNamed, secondsNumber } from "./run-options.ts";
import { UsageError } from "./usage-error.ts";
import { webhookKey } from "./webhook-key.ts";

interface ReceiverFlags extends ReportFlags, InventoryFlags {
  readonly url: string;
  readonly secret: readonly string[];
  readonly otherSecret?: string;
  readonly org: string;
  readonly site: string;
  readonly statusUrl?: string;
  readonly statusToken?: string;
  readonly only: readonly string[];
  readonly bundle?: string;
  readonly timeBudget: string;
  readonly baseline?: string;
}

const SECRETS = "CONFORMANCE_WEBHOOK_SECRETS";

/** The secrets of the flag, or else of the environment, with spaces between. */
function secretsOf({ secret }: ReceiverFlags): readonly [string, ...string[]] {
  const given = secret.length > 0 ? secret : (process.env[SECRETS] ?? "").split(" ").filter(Boolean);
  const [first, ...others] = given.map((text) => webhookKey(`--secret and ${SECRETS}`, text, ["secret"]));
  if (first !== undefined) return [first, ...others];
  throw new UsageError(
    `Give the secret that the endpoint verifies with, by --secret or in ${SECRETS}; two of them while a rotation is under way.`,
  );
}

function statusUrl(template: string): string {
  if (!template.includes("{device_id}")) {
    throw new UsageError("--status-url takes a URL with {device_id} in it, where the device's id goes.");
  }
  httpUrl("--status-url", template.replaceAll("{device_id}", "device"), { query: true });
  return template;
}

/** The requirements that alone are asked for. @throws {UsageError} where one takes more than was given */
function onlyOf({ only }: ReceiverFlags, polls: boolean): { readonly only?: readonly string[] } {
  const ids = only.map((id) => requirementNamed(id, "consumer"));
  for (const id of ids) {
    const missing = missingFor(id, polls ? ["polled_inventory"] : []);
    if (missing) throw new UsageError(`${id} cannot be judged as it is. ${missing}`);
  }
  return ids.length > 0 ? { only: ids } : {};
}

async function run(flags: ReceiverFlags): Promise<void> {
  const secrets = secretsOf(flags);
  const inventory = parseInventoryFlags(flags);
  const { otherSecret: other, statusToken: token, org: orgId, site: siteId } = flags;
  const options = {
    url: httpUrl("--url", flags.url, { query: true }),
    secrets,
    otherSecret: other === undefined ? null : webhookKey("--other-secret", other, ["secret"]),
    place: { orgId, siteId },
    status: flags.statusUrl === undefined ? null : { url: statusUrl(flags.statusUrl), token: token ?? null },
    timeBudgetSeconds: secondsNumber("--time-budget", flags.timeBudget),
    ...onlyOf(flags, inventory !== null),
  };
  const baseline = await baselineIn(flags.baseline);
  const reporting = { reports: parseReports(flags.report), bundle: flags.bundle, baseline, json: flags.json };
  await reportRun(reporting, (running) => {
    const onServing = (baseUrl: string) => running.tracker.say(`Serving an inventory at ${baseUrl}`);
    return runReceiverSuite({ ...options, ...running, inventory: inventory && { ...inventory, onServing } });
  });
}

/** `run receiver`: certify a consumer. */
export function runReceiverCommand() {
  const command = new Command("receiver")
    .description(
      "Certify a consumer: post webhooks to it as a vendor would, good ones and bad ones, and serve an inventory that it polls.",
    )
    .requiredOption("--url <url>", "the consumer's webhook endpoint")
    .option(
      "--secret <whsec>",
      `secret that it verifies with; twice while a rotation is under way (or in ${SECRETS})`,
      collectValues,
      [],
    )
    .addOption(
      new Option("--other-secret <whsec>", "secret of another integration of the same consumer").env(
        "CONFORMANCE_OTHER_SECRET",
      ),
    )
    .option("--org <id>", "an org that the consumer has bound", "conformance-org")
    .option("--site <id>", "a site of that org", "conformance-site")
    .option(
      "--status-url <url>",
      "where it answers a device's status as JSON, as the customer of --org sees it; {device_id} is filled in",
    )
    .addOption(
      new Option("--status-token <token>", "bearer token for --status-url").env("CONFORMANCE_STATUS_TOKEN"),
    )
    .option("--only <id>", "judge this requirement only; repeatable; certifies nothing", collectValues, [])
    .option(
      "--report <format=file>",
      `also write a report; formats: ${formatNames.join(", ")}; repeatable`,
      collectValues,
      [],
    )
    .option("--bundle <file>", "also keep everything that was recorded, for regrade")
    .option("--time-budget <seconds>", "how long it may take; then it ends with what there is", "600")
    .option("--baseline <file>", BASELINE)
    .option("--json", "print the JSON report instead of the checklist", false);
  for (const option of inventoryOptions()) command.addOption(option);
  return command
    .addHelpText(
      "after",
      `
It posts about 80 webhooks of devices that it makes up, conformance-…, and forges some: point it at a test integration.

With --inventory-port it also serves an inventory of such devices, and watches how the consumer polls it. Set the
integration up with its URL, the key of --inventory-key and a short interval (--poll-seconds says which) before you
begin; where the consumer must reach it for that, see the inventory command.

Exit codes: as of run; 3 is a consumer that does not answer.

Example: convergint-conformance run receiver --url https://ingest.example/webhooks/int_1 \\
           --secret whsec_… --secret whsec_… --other-secret whsec_… --org org-1 --site hq \\
           --status-url 'https://ingest.example/v1/integrations/int_1/devices/{device_id}?customer_id=cust_1'`,
    )
    .action(run);
}
