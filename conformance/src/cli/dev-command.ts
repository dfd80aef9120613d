import { randomInt } from "node:crypto";
import { MAX_SEED } from "@convergint/internal/seeded-random";
import { generateSecret } from "@convergint/webhooks";
import { Command } from "commander";
import { devSettings } from "../config/receiver-settings.ts";
import { startDev } from "../dev/start.ts";
import { renderInspection } from "../listen/render-inspection.ts";
import { createStyle, shouldUseColor } from "../report/terminal.ts";
import { type CliContext, UsageError } from "./context.ts";
import { buildCredentials } from "./credentials.ts";
import { addSettings, type Flags, proxyOf, resolveFlags } from "./options.ts";
import { createLeftOverNotice } from "./show-left-over.ts";

async function dev(flags: Flags, context: CliContext): Promise<void> {
  const { values } = resolveFlags(devSettings, flags, context);
  const { target, endpointUrl, webhookSecret, publicUrl, port = 0, forwardTo, pollSeconds = 10 } = values;
  if (target === undefined) throw new UsageError("Give the vendor's base URL with --target.");
  if (endpointUrl !== undefined && publicUrl !== undefined)
    throw new UsageError("Give either --public-url, or --endpoint-url of an endpoint that you registered.");
  if (endpointUrl !== undefined && webhookSecret === undefined)
    throw new UsageError("Give the secret of --endpoint-url with --webhook-secret.");
  const credentials = await buildCredentials(values, context);
  const { signal, release } = context.watchInterrupt();
  const style = createStyle(shouldUseColor(context.stdout, context.environment));
  const say = (line: string) => context.stderr.write(`${line}\n`);
  const secret = webhookSecret ?? generateSecret();
  const { endpoint, url, ended } = await startDev({
    ...{ target: new URL(target), credentials, secret, port, pollSeconds, signal, forwardTo },
    seed: randomInt(MAX_SEED + 1),
    clock: context.clock,
    triggerCommand: values.triggerCommand,
    allowHosts: values.allowHosts,
    allowPrivateNetworks: values.allowPrivateNetworks,
    proxy: proxyOf(values),
    publicUrl: endpointUrl ?? publicUrl,
    byHand: endpointUrl !== undefined,
    onDelivery: (delivery) => context.stdout.write(`\n${renderInspection(delivery, style)}`),
  });
  say(`Test bench at      ${url}`);
  say(`Post webhooks to   ${endpoint}`);
  if (webhookSecret === undefined)
    say(
      `Sign them with     ${secret}   (generated; used only if your vendor cloud has no API for webhook endpoints)`,
    );
  if (forwardTo !== undefined)
    say(`Forwarding to      ${new URL(forwardTo).origin}${new URL(forwardTo).pathname}`);
  say("Press Ctrl-C to stop. The bench then undoes what it changed.");
  const notice = createLeftOverNotice(context);
  try {
    notice.onLeftOver(await ended);
  } finally {
    release();
  }
  notice.show();
}

/** Creates `dev`, the test bench of a vendor's engineer. */
export const devCommand = (context: CliContext) =>
  addSettings(
    new Command("dev").description(
      "Poll your inventory and receive your webhooks while you develop, and show live in a web page which requirements they meet.",
    ),
    devSettings,
  )
    .addHelpText(
      "after",
      `
The page judges each webhook and each poll with the checks of \`run --observe\`, explains wrong signatures, and has buttons that
take devices offline, restore them, rotate the secret, and answer webhooks with faults. If your vendor cloud has an API for webhook
endpoints, the bench registers one, and removes it at the end. Otherwise, enter the printed URL and secret yourself.

Only this machine can open the page, and only with the printed address. What the page saves is for \`regrade\`, not for \`certify\`.

Example: convergint-conformance dev --target http://localhost:3000 --forward-to http://localhost:8080/webhooks`,
    )
    .action((flags: Flags) => dev(flags, context));
