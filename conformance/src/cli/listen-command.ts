import { networkInterfaces } from "node:os";
import { stringifyPrintable } from "@convergint/internal/printable";
import { generateSecret } from "@convergint/webhooks";
import { Command } from "commander";
import { listenSettings } from "../config/receiver-settings.ts";
import { AnswerScriptError, describeAnswer, parseAnswerScript } from "../listen/answer-script.ts";
import { startLivePage } from "../listen/live-page.ts";
import { renderInspection, renderSummary } from "../listen/render-inspection.ts";
import { type AnsweredDelivery, startTestEndpoint } from "../listen/test-endpoint.ts";
import { createStyle, shouldUseColor } from "../report/terminal.ts";
import { type CliContext, UsageError, waitForInterrupt } from "./context.ts";
import { addSettings, type Flags, resolveFlags } from "./options.ts";

interface ListenFlags extends Flags {
  readonly everyInterface: boolean;
  readonly answer?: string;
  readonly view: boolean;
  readonly json: boolean;
}

function parseAnswers(text: string | undefined) {
  if (text === undefined) return () => null;
  try {
    return parseAnswerScript(text);
  } catch (error) {
    if (error instanceof AnswerScriptError) throw new UsageError(`--answer: ${error.message}`);
    throw error;
  }
}

/** Lists the IPv4 addresses at which other machines may reach this one. */
const listAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ internal, family, address }) => (internal || family !== "IPv4" ? [] : [address])),
  );

async function listen(flags: ListenFlags, context: CliContext): Promise<void> {
  const { keys: given = [], port = 0 } = resolveFlags(listenSettings, flags, context).values;
  const keys = given.length > 0 ? given : [generateSecret()];
  const programme = parseAnswers(flags.answer);
  const style = createStyle(shouldUseColor(context.stdout, context.environment));
  const deliveries: Pick<AnsweredDelivery["inspection"], "good" | "steps">[] = [];
  let url = "";
  const view = flags.view ? await startLivePage(() => url) : null;
  const endpoint = await startTestEndpoint({
    port,
    everyInterface: flags.everyInterface,
    keys: () => keys,
    programme,
    onDelivery(delivery) {
      const { good, steps } = delivery.inspection;
      deliveries.push({ good, steps });
      view?.show(delivery);
      const line = { ...delivery.inspection, answered: describeAnswer(delivery.answer) };
      context.stdout.write(
        flags.json ? `${stringifyPrintable(line)}\n` : `\n${renderInspection(delivery, style)}`,
      );
    },
  }).catch(async (error: unknown) => {
    await view?.close();
    throw error;
  });
  const say = (line: string) => context.stderr.write(`${line}\n`);
  url = `http://127.0.0.1:${endpoint.port}/`;
  say(`Post webhooks to   ${url}`);
  if (flags.everyInterface) {
    for (const address of listAddresses()) say(`  or, from outside  http://${address}:${endpoint.port}/`);
  }
  if (given.length === 0) say(`Sign them with     ${keys[0]}   (generated; to use your own, pass --secret)`);
  if (view) say(`Live page at       ${view.url}`);
  say("Press Ctrl-C to stop.");
  await waitForInterrupt(context);
  await endpoint.close();
  await view?.close();
  say(`\n${renderSummary(deliveries)}`);
}

/** Creates `listen`, a test endpoint that inspects each webhook. */
export const listenCommand = (context: CliContext) =>
  addSettings(
    new Command("listen").description(
      "Receive webhooks. For each webhook, show what is valid, what is wrong and why, and what to change.",
    ),
    listenSettings,
  )
    .option("--every-interface", "accept webhooks from other machines, not only from this one", false)
    .option("--answer <answers>", "answers to the attempts at each delivery, such as 500,429:5")
    .option("--no-view", "do not serve the live web page")
    .option("--json", "print one line of JSON per delivery", false)
    .addHelpText(
      "after",
      `
Without --answer, the endpoint answers like a consumer: 204 to valid webhooks, and 401, 415, 413 or 400 to others.
With --answer, the attempts at each webhook-id get the given answers in order. Later attempts get 204. Possible answers:
  500,500       fail twice, then accept           429:5      rate limited, Retry-After 5
  slow:10       accept after 10 s                 hang       never respond
  reset         reset the connection              redirect   307, which must not be followed
  410           gone: the sender must stop

Example: convergint-conformance listen --secret whsec_… --answer 500,500`,
    )
    .action((flags: ListenFlags) => listen(flags, context));
