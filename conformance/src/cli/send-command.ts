import { stringifyPrintable, toPrintable, toShownText } from "@convergint/internal/printable";
import { EVENT_MEDIA_TYPE, EVENT_TYPES } from "@convergint/schemas";
import { sign } from "@convergint/webhooks";
import { Command } from "commander";
import { sendSettings } from "../config/receiver-settings.ts";
import { createSender } from "../fuzz/send.ts";
import type { CallGuard } from "../harness/caller.ts";
import {
  addTraps,
  BROKEN_NAMES,
  type BrokenName,
  type Delivery,
  eventAgeOf,
  explainNotSent,
  isBrokenName,
  makeBroken,
} from "../send/broken.ts";
import {
  type About,
  createEvent,
  type EventToSend,
  readEvents,
  resolveType,
  SendError,
  shortNameOf,
} from "../send/events.ts";
import { judgeAnswer } from "../send/judge-answer.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readInput } from "./files.ts";
import { addSettings, collectValues, type Flags, guardOwnCalls, resolveFlags } from "./options.ts";

interface SendFlags extends Flags {
  readonly file?: string;
  readonly data: readonly string[];
  readonly duplicate: boolean;
  readonly outOfOrder: boolean;
  readonly broken?: string;
  readonly list: boolean;
  readonly json: boolean;
}

/** A delivery to post, with what to show about it. */
interface Planned {
  readonly id: string;
  readonly type: string;
  readonly make: (now: Date) => Promise<Delivery>;
}

/** Lists the names that the command takes. */
function renderNames(): string {
  const types = EVENT_TYPES.map(
    ({ type, description }) => `  ${shortNameOf(type).padEnd(32)} ${description}`,
  );
  return [
    "Event types:",
    ...types,
    "",
    "Mistakes for --broken, each with the name that `listen` shows:",
    ...BROKEN_NAMES.map((name) => `  ${name}`),
    "",
  ].join("\n");
}

/** Parses `name=value`. A value that is JSON is sent as JSON, any other as text. */
function parseData(entries: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      if (at < 1) throw new UsageError(`--data takes NAME=VALUE; got ${JSON.stringify(entry)}.`);
      const text = entry.slice(at + 1);
      try {
        return [entry.slice(0, at), JSON.parse(text) as unknown];
      } catch {
        return [entry.slice(0, at), text];
      }
    }),
  );
}

function readBrokenName(name: string): BrokenName {
  if (isBrokenName(name)) return name;
  const reason = explainNotSent(name);
  if (reason !== null) throw new UsageError(`--broken ${name} cannot be sent: ${reason}.`);
  const words = name.split(/[_-]/);
  const similar = BROKEN_NAMES.filter((each) => words.some((word) => word.length > 2 && each.includes(word)));
  const hint = similar.length > 0 ? `Similar: ${similar.join(", ")}.` : "Run `send --list` to see all names.";
  throw new UsageError(`Unknown mistake ${JSON.stringify(name)}. ${hint}`);
}

/** Plans a correct delivery. It is signed when it is posted, so that a duplicate gets a new timestamp. */
const planEvent = ({ id, type, event }: EventToSend, secrets: readonly string[]): Planned => {
  const body = Buffer.from(JSON.stringify(event));
  const make = async (now: Date): Promise<Delivery> => ({
    headers: { ...(await sign({ id, body, keys: secrets, timestamp: now })) },
    body,
  });
  return { id, type, make };
};

function planBroken(name: BrokenName, type: string, about: About, secret: string): Planned {
  const make = (now: Date) =>
    makeBroken(
      name,
      () => {
        const time = new Date(now.getTime() - eventAgeOf(name) * 1000);
        const made = createEvent(type, { ...about, data: addTraps(about.data) }, time);
        return { id: made.id, text: JSON.stringify(made.event) };
      },
      secret,
      now,
    );
  return { id: name, type, make };
}

/** Makes the events to post, in the order in which they happened. */
async function prepareEvents(types: readonly string[], flags: SendFlags, about: About, context: CliContext) {
  if (flags.file !== undefined) {
    if (types.length > 0) throw new UsageError("Give event types or --file, not both.");
    return readEvents((await readInput(context, "the events", flags.file)).toString(), flags.file);
  }
  // A single event has no order, so `--out-of-order` posts two events of one type.
  const names = flags.outOfOrder && types.length === 1 ? [...types, ...types] : types;
  const now = context.clock.now();
  return names.map((name, index) =>
    createEvent(resolveType(name), about, new Date(now - (names.length - 1 - index) * 1000)),
  );
}

async function plan(
  types: readonly string[],
  flags: SendFlags,
  about: About,
  secrets: readonly string[],
  context: CliContext,
) {
  if (flags.broken === undefined) {
    const events = await prepareEvents(types, flags, about, context);
    const planned = events.map((event) => planEvent(event, secrets));
    const ordered = flags.outOfOrder ? planned.toReversed() : planned;
    return flags.duplicate ? ordered.flatMap((each) => [each, each]) : ordered;
  }
  if (flags.file !== undefined || flags.duplicate || flags.outOfOrder)
    throw new UsageError(
      "--broken sends one made-up event: leave out --file, --duplicate and --out-of-order.",
    );
  const name = readBrokenName(flags.broken);
  return types.map((type) => planBroken(name, resolveType(type), about, secrets[0] ?? ""));
}

async function post(
  url: URL,
  planned: readonly Planned[],
  flags: SendFlags,
  guard: CallGuard | undefined,
  context: CliContext,
) {
  const { signal, release } = context.watchInterrupt();
  const sender = createSender(signal, context.clock, guard);
  try {
    let isOk = true;
    for (const { id, type, make } of planned) {
      const { headers, body } = await make(new Date(context.clock.now()));
      const { answer, failure } = await sender.send({
        method: "POST",
        url,
        rawPath: `${url.pathname}${url.search}`,
        headers: { "content-type": EVENT_MEDIA_TYPE, ...headers },
        body,
      });
      if (answer === null) {
        context.stderr.write(`${toPrintable(`No response from ${url.href}: ${failure}.`)}\n`);
        return exitCodeOf.unreachable;
      }
      const { ok, says } = judgeAnswer(answer, flags.broken !== undefined);
      isOk &&= ok;
      const line = { id, type, status: answer.status, ok, says, response: toShownText(answer.body) };
      const text = [
        `${answer.status}  ${shortNameOf(type)}  ${id}  ${says}`,
        ...(ok || answer.body === "" ? [] : [`     ${line.response}`]),
      ];
      context.stdout.write(`${flags.json ? stringifyPrintable(line) : toPrintable(text).join("\n")}\n`);
    }
    return isOk ? exitCodeOf.certified : exitCodeOf.not_conformant;
  } catch (error) {
    if (signal.aborted) return exitCodeOf.interrupted;
    throw error;
  } finally {
    sender.close();
    release();
  }
}

async function send(types: readonly string[], flags: SendFlags, context: CliContext): Promise<void> {
  if (flags.list) {
    context.stdout.write(renderNames());
    return;
  }
  const {
    to,
    secrets = [],
    org = "",
    site = "",
    device = "",
  } = resolveFlags(sendSettings, flags, context).values;
  if (to === undefined) throw new UsageError("Give the URL to post to with --to.");
  if (secrets.length === 0)
    throw new UsageError(
      "Give the secret that the receiver verifies with, with --secret or in CONFORMANCE_WEBHOOK_SECRETS.",
    );
  if (types.length === 0 && flags.file === undefined)
    throw new UsageError(
      "Give an event type, such as door.forced_open, or --file. Run `send --list` to see all types.",
    );
  const about: About = { org, site, device, data: parseData(flags.data) };
  try {
    const planned = await plan(types, flags, about, secrets, context);
    context.exitCode = await post(new URL(to), planned, flags, guardOwnCalls(flags, context), context);
  } catch (error) {
    if (error instanceof SendError) throw new UsageError(error.message);
    throw error;
  }
}

/** Creates `send`, which posts single signed events to any URL. */
export const sendCommand = (context: CliContext) =>
  addSettings(
    new Command("send")
      .description(
        "Post signed events to a URL: made-up ones by type, or those of a file, right or with a mistake.",
      )
      .argument("[types...]", "event types, such as device.status_changed or com.example.barrier_raised.v1"),
    sendSettings,
  )
    .option("--file <file>", "events to post: one, a list, or one per line")
    .option("--data <name=value>", "a member of the data of made-up events; repeatable", collectValues, [])
    .option("--duplicate", "post each event twice", false)
    .option("--out-of-order", "post the latest event first; one type is then two events", false)
    .option("--broken <mistake>", "make a mistake that listen and diagnose know")
    .option("--list", "list event types and mistakes", false)
    .option("--json", "print one line of JSON per delivery", false)
    .addHelpText(
      "after",
      `
Exit codes: 0 every answer is as the contract requires · 1 an answer is not · 2 usage error · 3 no response · 130 interrupted

Examples: convergint-conformance send door.forced_open --to http://127.0.0.1:4020/ --secret whsec_…
          convergint-conformance send device.status_changed --data status=offline --duplicate --to …
          convergint-conformance send device.status_changed --broken signature_hex --to …`,
    )
    .action((types: readonly string[], flags: SendFlags) => send(types, flags, context));
