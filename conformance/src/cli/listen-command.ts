import { generateSecret } from "@convergint/webhooks";
import { Command } from "commander";
import { AnswerScriptError, describeAnswer, parseAnswerScript } from "../listen/answer-script.ts";
import { startLivePage } from "../listen/live-page.ts";
import { renderInspection, renderSummary } from "../listen/render-inspection.ts";
import { type AnsweredDelivery, startTestEndpoint } from "../listen/test-endpoint.ts";
import { createStyle, shouldUseColor } from "../report/style.ts";
import { collectValues } from "./report-options.ts";
import { portNumber } from "./run-options.ts";
import { UsageError } from "./usage-error.ts";
import { webhookKey } from "./webhook-key.ts";

interface ListenFlags {
  readonly secret: readonly string[];
  readonly port: string;
  readonly everyInterface: boolean;
  readonly answer?: string;
  readonly view: boolean;
  readonly json: boolean;
}

const SECRET_VARIABLE = "CONFORMANCE_WEBHOOK_SECRET";

function programmeOf(text: string | undefined) {
  if (text === undefined) return null;
  try {
    return parseAnswerScript(text);
  } catch (error) {
    if (error instanceof AnswerScriptError) throw new UsageError(`--answer: ${error.message}`);
    throw error;
  }
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });

async function listen(flags: ListenFlags): Promise<void> {
  const fromEnvironment = process.env[SECRET_VARIABLE];
  const texts = flags.secret.length > 0 || !fromEnvironment ? flags.secret : [fromEnvironment];
  const given = texts.map((text) =>
    webhookKey(`--secret and ${SECRET_VARIABLE}`, text, ["secret", "public"]),
  );
  const keys = given.length > 0 ? given : [generateSecret()];
  const programme = programmeOf(flags.answer);
  const port = portNumber("--port", flags.port);
  const style = createStyle(shouldUseColor(process.stdout, process.env));
  const deliveries: AnsweredDelivery["inspection"][] = [];
  const view = flags.view ? await startLivePage() : null;
  const endpoint = await startTestEndpoint({
    port,
    everyInterface: flags.everyInterface,
    keys,
    programme,
    onDelivery(delivery) {
      deliveries.push({ ...delivery.inspection, body: "", headers: {} });
      view?.show(delivery);
      const line = { ...delivery.inspection, answered: describeAnswer(delivery.answer) };
      process.stdout.write(
        flags.json ? `${JSON.stringify(line)}\n` : `\n${renderInspection(delivery, style)}`,
      );
    },
  }).catch(async (error: NodeJS.ErrnoException) => {
    await view?.close();
    throw new UsageError(`The endpoint cannot listen on port ${port}: ${error.message}.`);
  });
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say(`Post webhooks to   http://127.0.0.1:${endpoint.port}/`);
  if (given.length === 0) say(`Sign them with     ${keys[0]}   (made for this run; --secret takes yours)`);
  if (view) say(`See them also at   ${view.url}`);
  say("Ctrl-C ends it.");
  await interrupted();
  await endpoint.close();
  await view?.close();
  say(`\n${renderSummary(deliveries)}`);
}

/** `listen`: a test endpoint that says what is wrong with each delivery. */
export const listenCommand = () =>
  new Command("listen")
    .description("Receive webhooks and say of each what is right, what is wrong, why, and what to change.")
    .option(
      "--secret <key>",
      `whsec_ secret or whpk_ public key; repeatable (default: that in ${SECRET_VARIABLE}, else one made for the run)`,
      collectValues,
      [],
    )
    .option("--port <port>", "port to listen on; 0 takes a free one", "4020")
    .option("--every-interface", "let other machines post, not this one alone", false)
    .option("--answer <programme>", "how each delivery's attempts are answered, such as 500,429:5,204")
    .option("--no-view", "no web page beside it")
    .option("--json", "print a JSON line for each delivery", false)
    .addHelpText(
      "after",
      `
Without --answer it answers as a consumer would: 204 for what is good, 401, 415, 413 or 400 for what is not.
With it, the attempts at each webhook-id get these answers in turn, and 204 from then on:
  500,500,204   two failures, then taken          429:5      too many, Retry-After 5
  slow:10       taken after 10 s                  hang       never answered
  reset         the connection is cut             redirect   307, which must not be followed
  410           gone: nothing more may come

Example: convergint-conformance listen --secret whsec_… --answer 500,500`,
    )
    .action(listen);
