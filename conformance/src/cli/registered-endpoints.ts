import type { z } from "zod";
import type { vendorSettings } from "../config/vendor-settings.ts";
import type { RegisteredEndpoint } from "../suite/run.ts";
import { UsageError } from "./context.ts";

type Values = Pick<
  z.infer<typeof vendorSettings>,
  "endpointUrl" | "webhookSecret" | "secondEndpointUrl" | "secondWebhookSecret"
>;

/** Returns the endpoints that were registered by hand: none, one or two. @throws {UsageError} */
export function readRegisteredEndpoints(values: Values): readonly RegisteredEndpoint[] {
  const [first, second] = [
    pair(["--endpoint-url", values.endpointUrl], ["--webhook-secret", values.webhookSecret]),
    pair(
      ["--second-endpoint-url", values.secondEndpointUrl],
      ["--second-webhook-secret", values.secondWebhookSecret],
    ),
  ];
  if (!second) return first ? [first] : [];
  if (!first)
    throw new UsageError("--second-endpoint-url is a second endpoint. Give the first with --endpoint-url.");
  if (new URL(first.url).pathname === new URL(second.url).pathname)
    throw new UsageError(
      "--endpoint-url and --second-endpoint-url have the same path, by which the receiver tells them apart. Register two URLs with different paths, such as …/first and …/second.",
    );
  return [first, second];
}

type Given = readonly [flag: string, value: string | undefined];

function pair([urlFlag, url]: Given, [secretFlag, secret]: Given): RegisteredEndpoint | null {
  if (url === undefined && secret === undefined) return null;
  if (url === undefined)
    throw new UsageError(`${secretFlag} is the secret of an endpoint. Give its URL with ${urlFlag}.`);
  if (secret === undefined)
    throw new UsageError(
      `The vendor signs what it posts to ${urlFlag}. Give the secret that the vendor's console shows or takes, with ${secretFlag}.`,
    );
  return { url, secret };
}
