import { generateSecret } from "@convergint/webhooks";
import type { ResolvedSettings } from "../config/resolve-settings.ts";
import type { vendorSettings } from "../config/vendor-settings.ts";
import type { RegisteredEndpoint } from "../scenarios/scenario.ts";
import { type CliContext, UsageError } from "./context.ts";

/** The flags of an endpoint, and their values. */
interface Given {
  readonly urlFlag: string;
  readonly url: string | undefined;
  readonly secretFlag: string;
  readonly secret: string | undefined;
}

const NO_ONE_TO_SHOW =
  "Without a terminal, such as in CI, the suite cannot show you a new secret. Create one at a terminal, enter it in the vendor's console, and keep it.";

/** Returns the endpoint; `null` if it was not given. @throws {UsageError} */
function readEndpoint(
  { urlFlag, url, secretFlag, secret }: Given,
  canShow: boolean,
): RegisteredEndpoint | null {
  if (url === undefined) return null;
  if (secret !== undefined) return { url, secret };
  if (!canShow)
    throw new UsageError(
      `${urlFlag} needs the secret with which the vendor signs: give ${secretFlag}. ${NO_ONE_TO_SHOW}`,
    );
  return { url, secret: generateSecret(), isNew: true };
}

/** Shows what to enter in the vendor's console. A secret is shown here only, and never again. */
export function announceSecrets(endpoints: readonly RegisteredEndpoint[], { stderr }: CliContext): void {
  const created = endpoints.filter(({ isNew }) => isNew === true);
  if (created.length === 0) return;
  const lines = created.flatMap(({ url, secret }) => ["", `  URL     ${url}`, `  secret  ${secret}`]);
  stderr.write(
    `Enter this in the vendor's console. The secret is shown only once; to run again, pass it with --webhook-secret or a variable.\n${lines.join("\n")}\n\nThen send a test event, or change a device. The run continues after the first webhook; Ctrl-C ends it.\n\n`,
  );
}

/**
 * Returns the endpoints that were registered by hand: none, one or two. On a terminal, creates a secret that was not given.
 *
 * @throws {UsageError}
 */
export function readRegisteredEndpoints(
  { values, resolutions }: ResolvedSettings<typeof vendorSettings>,
  { stderr }: CliContext,
): readonly RegisteredEndpoint[] {
  const { endpointUrl, webhookSecret, secondEndpointUrl, secondWebhookSecret } = values;
  // The variable may be set for `listen`, too.
  if (endpointUrl === undefined && resolutions.webhookSecret?.source.kind === "flag")
    throw new UsageError("--webhook-secret is the secret of an endpoint. Give its URL with --endpoint-url.");
  if (endpointUrl === undefined && secondEndpointUrl !== undefined)
    throw new UsageError("--second-endpoint-url is a second endpoint. Give the first with --endpoint-url.");
  if (
    endpointUrl !== undefined &&
    secondEndpointUrl !== undefined &&
    haveSamePath(endpointUrl, secondEndpointUrl)
  )
    throw new UsageError(
      "--endpoint-url and --second-endpoint-url have the same path, by which the receiver tells them apart. Register two URLs with different paths, such as …/first and …/second.",
    );
  const canShow = stderr.isTTY === true;
  const first = readEndpoint(
    { urlFlag: "--endpoint-url", url: endpointUrl, secretFlag: "--webhook-secret", secret: webhookSecret },
    canShow,
  );
  const second = readEndpoint(
    {
      urlFlag: "--second-endpoint-url",
      url: secondEndpointUrl,
      secretFlag: "--second-webhook-secret",
      secret: secondWebhookSecret,
    },
    canShow,
  );
  return [first, second].filter((each) => each !== null);
}

const haveSamePath = (one: string, other: string): boolean =>
  new URL(one).pathname === new URL(other).pathname;
