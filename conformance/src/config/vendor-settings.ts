import { z } from "zod";
import { DEFAULT_GOAL, MIN_GOAL } from "../evidence/observation.ts";
import { CLIENT_VARIABLES, KEY_VARIABLES, PRIVATE_KEY_VARIABLES } from "../harness/credentials.ts";
import { vendorProfileNames } from "../registry/profiles.ts";
import { formatNames } from "../report/formats.ts";
import { setting } from "./setting.ts";
import {
  claim,
  commandLine,
  count,
  credential,
  duration,
  file,
  hosts,
  httpUrl,
  identifier,
  keyFile,
  networks,
  port,
  profileSettings,
  profiles,
  proxyDns,
  proxyUrl,
  reports,
  seconds,
  seed,
  webhookSecret,
  windowChanges,
} from "./value-schemas.ts";

/** The file and the id of a private key in addition to the one under test. */
const keySettings = <Name extends string>(name: Name, meaning: string) =>
  ({
    [`${name}PrivateKeyFile`]: setting(keyFile, {
      flag: `--${name}-private-key-file <file>`,
      variable: `CONFORMANCE_${name.toUpperCase()}_PRIVATE_KEY_FILE`,
      description: `file of a private key ${meaning}`,
      isPath: true,
    }),
    [`${name}KeyId`]: setting(identifier, {
      flag: `--${name}-key-id <kid>`,
      variable: `CONFORMANCE_${name.toUpperCase()}_KEY_ID`,
      description: `kid of --${name}-private-key-file`,
    }),
  }) as Record<`${Name}PrivateKeyFile`, z.ZodOptional<typeof keyFile>> &
    Record<`${Name}KeyId`, z.ZodOptional<typeof identifier>>;

/** The settings of private keys. The name of a file is not a secret, so a config file can hold it. */
const privateKeySettings = {
  privateKeyFile: setting(keyFile, {
    flag: "--private-key-file <file>",
    variable: PRIVATE_KEY_VARIABLES.file,
    description: `file of the private key (PEM or JWK) with which the suite signs its tokens, or with --client-id its assertions; or put the key itself into ${PRIVATE_KEY_VARIABLES.key}`,
    isPath: true,
  }),
  keyId: setting(identifier, {
    flag: "--key-id <kid>",
    variable: "CONFORMANCE_KEY_ID",
    description: "id that the vendor gave the key, sent as kid",
    otherwise: "the kid of a JWK, otherwise none",
  }),
  issuer: setting(claim, {
    flag: "--issuer <iss>",
    variable: "CONFORMANCE_ISSUER",
    description: "issuer of the tokens",
    otherwise: "what the manifest says",
  }),
  audience: setting(claim, {
    flag: "--audience <aud>",
    variable: "CONFORMANCE_AUDIENCE",
    description: "audience of the tokens",
    otherwise: "what the manifest says",
  }),
  ...keySettings("next", "that the vendor registered for the same consumer, to test a rotation"),
  ...keySettings("second", "of another tenant, to test that tenants are isolated"),
  ...keySettings("withdrawn", "that the vendor removed, to test that its tokens are rejected"),
  ...keySettings("production", "of a production tenant, to test that it cannot use sandbox control"),
};

const fileSettings = {
  target: setting(httpUrl(), {
    flag: "--target <url>",
    variable: "CONFORMANCE_TARGET",
    description: "base URL under which the vendor serves /.well-known/vendor-cloud",
  }),
  through: setting(file, {
    flag: "--through <profile>",
    variable: "CONFORMANCE_THROUGH",
    description:
      "vendor profile, a shipped name or a file, through which a vendor that has its own API is tested; --target is then the vendor's own base URL",
  }),
  profileSettings: setting(profileSettings, {
    flag: "--setting <name=value>",
    variable: "CONFORMANCE_SETTINGS",
    description: "setting of the profile of --through; repeatable",
  }),
  shimPort: setting(port, {
    flag: "--shim-port <port>",
    variable: "CONFORMANCE_SHIM_PORT",
    description: "port on this machine at which --through takes the vendor's webhooks; 0 picks a free one",
    fallback: "0",
  }),
  allowHosts: setting(hosts, {
    flag: "--allow-host <host>",
    variable: "CONFORMANCE_ALLOW_HOSTS",
    description:
      "host outside the target's domain that the manifest may name, such as the one of its token_url; repeatable",
    otherwise: "only the target's registrable domain",
  }),
  allowPrivateNetworks: setting(networks, {
    flag: "--allow-private-network <cidr>",
    variable: "CONFORMANCE_ALLOW_PRIVATE_NETWORKS",
    description: "private network that the vendor's API may be in, such as 10.0.0.0/8; repeatable",
    otherwise: "public addresses, and the target's own address",
  }),
  proxyDns: setting(proxyDns, {
    flag: "--proxy-dns <where>",
    variable: "CONFORMANCE_PROXY_DNS",
    description: "local: resolve and check names here; remote: let the proxy resolve names",
    fallback: "local",
  }),
  profiles: setting(profiles, {
    flag: "--profile <name>",
    variable: "CONFORMANCE_PROFILES",
    description: `profile to certify: ${vendorProfileNames.join(", ")}; repeatable`,
    otherwise: "every profile that the manifest claims",
  }),
  reports: setting(reports, {
    flag: "--report <format=file>",
    variable: "CONFORMANCE_REPORTS",
    description: `write a report; formats: ${formatNames.join(", ")}; repeatable`,
  }),
  bundle: setting(file, {
    flag: "--bundle <file>",
    variable: "CONFORMANCE_BUNDLE",
    description: "write an evidence bundle for regrade and certify, compressed if the name ends in .gz",
    isPath: true,
  }),
  continue: setting(file, {
    flag: "--continue <file>",
    variable: "CONFORMANCE_CONTINUE",
    description: "bundle of an earlier run, whose sync token, cursor and events are used again; see compare",
    isPath: true,
  }),
  baseline: setting(file, {
    flag: "--baseline <file>",
    variable: "CONFORMANCE_BASELINE",
    description:
      "file of known failures to ignore until they expire; a run with a baseline is never certified",
    isPath: true,
  }),
  triggerCommand: setting(commandLine, {
    flag: "--trigger-cmd <command>",
    variable: "CONFORMANCE_TRIGGER_CMD",
    description:
      "command that changes a device if there is no sandbox control; reads the change from standard input",
  }),
  publicUrl: setting(httpUrl(), {
    flag: "--public-url <url>",
    variable: "CONFORMANCE_PUBLIC_URL",
    description: "URL at which the vendor reaches this machine's webhook receiver",
    otherwise: "the receiver listens on loopback",
  }),
  receiverPort: setting(port, {
    flag: "--receiver-port <port>",
    variable: "CONFORMANCE_RECEIVER_PORT",
    description: "port of the webhook receiver; 0 picks a free one",
    fallback: "0",
  }),
  endpointUrl: setting(httpUrl(), {
    flag: "--endpoint-url <url>",
    variable: "CONFORMANCE_ENDPOINT_URL",
    description:
      "URL of the webhook receiver that you registered in the vendor's console, for a vendor without endpoint management",
  }),
  secondEndpointUrl: setting(httpUrl(), {
    flag: "--second-endpoint-url <url>",
    variable: "CONFORMANCE_SECOND_ENDPOINT_URL",
    description: "a second URL that you registered, to test that every endpoint gets every event",
  }),
  observe: setting(duration, {
    flag: "--observe <duration>",
    variable: "CONFORMANCE_OBSERVE",
    description:
      "watch production for this long, such as 24h, with GET calls only, and judge the changes that happen by themselves; needs --endpoint-url",
  }),
  state: setting(file, {
    flag: "--state <file>",
    variable: "CONFORMANCE_STATE",
    description: "file from which an interrupted --observe is continued",
    isPath: true,
  }),
  minChanges: setting(windowChanges, {
    flag: "--min-changes <n>",
    variable: "CONFORMANCE_MIN_CHANGES",
    description: `how many changes --observe must see to prove anything, at least ${MIN_GOAL.changes}`,
    otherwise: String(DEFAULT_GOAL.changes),
  }),
  minTypes: setting(count, {
    flag: "--min-types <n>",
    variable: "CONFORMANCE_MIN_TYPES",
    description: "of how many device types --observe must see changes in both directions",
    otherwise: `${DEFAULT_GOAL.types}, or all types with status events if there are fewer`,
  }),
  seed: setting(seed, {
    flag: "--seed <n>",
    variable: "CONFORMANCE_SEED",
    description: "seed of all random choices; reuse the seed of a report to repeat its run",
    otherwise: "random",
  }),
  timeBudgetSeconds: setting(seconds, {
    flag: "--time-budget <seconds>",
    variable: "CONFORMANCE_TIME_BUDGET",
    description:
      "maximum duration of the run; a run that takes longer ends as incomplete. With --observe, there is no default",
    fallback: "600",
  }),
  ...privateKeySettings,
};

const credentialSettings = {
  apiKey: setting(credential, {
    flag: "--api-key <key>",
    variable: KEY_VARIABLES.apiKey,
    description: "API key that the vendor issued",
    isCredential: true,
  }),
  clientId: setting(credential, {
    flag: "--client-id <id>",
    variable: CLIENT_VARIABLES.clientId,
    description: "OAuth 2 client id, in addition to or instead of the API key",
    isCredential: true,
  }),
  clientSecret: setting(credential, {
    flag: "--client-secret <secret>",
    variable: CLIENT_VARIABLES.clientSecret,
    description: "secret of --client-id",
    isCredential: true,
  }),
  secondApiKey: setting(credential, {
    flag: "--second-api-key <key>",
    variable: KEY_VARIABLES.secondApiKey,
    description: "API key of another tenant, to test that tenants are isolated",
    isCredential: true,
  }),
  withdrawnApiKey: setting(credential, {
    flag: "--withdrawn-api-key <key>",
    variable: KEY_VARIABLES.withdrawnApiKey,
    description: "revoked or expired API key, to test that it is rejected",
    isCredential: true,
  }),
  productionApiKey: setting(credential, {
    flag: "--production-api-key <key>",
    variable: KEY_VARIABLES.productionApiKey,
    description: "API key of a production tenant, to test that it cannot use sandbox control",
    isCredential: true,
  }),
  webhookSecret: setting(webhookSecret, {
    flag: "--webhook-secret <whsec>",
    variable: "CONFORMANCE_WEBHOOK_SECRET",
    description: "secret with which the vendor signs for --endpoint-url",
    isCredential: true,
  }),
  secondWebhookSecret: setting(webhookSecret, {
    flag: "--second-webhook-secret <whsec>",
    variable: "CONFORMANCE_SECOND_WEBHOOK_SECRET",
    description: "secret with which the vendor signs for --second-endpoint-url",
    isCredential: true,
  }),
  vendorWebhookSecret: setting(credential, {
    flag: "--vendor-webhook-secret <secret>",
    variable: "CONFORMANCE_VENDOR_WEBHOOK_SECRET",
    description:
      "secret with which the vendor signs its own webhooks, for --through; without it, no webhooks are tested",
    isCredential: true,
  }),
  proxy: setting(proxyUrl, {
    flag: "--proxy <url>",
    variable: "CONFORMANCE_PROXY",
    description:
      "proxy for calls to public addresses, such as http://proxy.example:3128; use the variable for a proxy with a password",
    otherwise: "none; HTTPS_PROXY is ignored",
    isCredential: true,
  }),
  expiredAccessToken: setting(credential, {
    flag: "--expired-access-token <token>",
    variable: KEY_VARIABLES.expiredAccessToken,
    description:
      "expired OAuth 2 access token, to test that the vendor rejects it; needed if new tokens last longer than 30 s",
    isCredential: true,
  }),
};

/**
 * The settings of `run`. The flags, the environment variables, the config file, `--print-config` and the
 * README's table all derive from this schema.
 */
export const vendorSettings = z.strictObject({ ...fileSettings, ...credentialSettings });

/** How long to fuzz, and with which random choices. */
export const fuzzLimits = {
  duration: setting(seconds, {
    flag: "--duration <seconds>",
    description: "how long `fuzz` and `--fuzz` make random calls",
    fallback: "60",
  }),
  maxCalls: setting(count, {
    flag: "--max-calls <n>",
    description: "how many calls `fuzz` and `--fuzz` make at most",
    otherwise: "as many as there is time for",
  }),
  seed: vendorSettings.shape.seed,
};

/** The settings of `fuzz`, which reads no config file. */
export const fuzzSettings = z.strictObject({
  target: vendorSettings.shape.target,
  allowHosts: vendorSettings.shape.allowHosts,
  allowPrivateNetworks: vendorSettings.shape.allowPrivateNetworks,
  proxy: vendorSettings.shape.proxy,
  proxyDns: vendorSettings.shape.proxyDns,
  ...fuzzLimits,
  publicUrl: vendorSettings.shape.publicUrl,
  receiverPort: vendorSettings.shape.receiverPort,
  apiKey: vendorSettings.shape.apiKey,
  clientId: vendorSettings.shape.clientId,
  clientSecret: vendorSettings.shape.clientSecret,
  secondApiKey: vendorSettings.shape.secondApiKey,
  privateKeyFile: vendorSettings.shape.privateKeyFile,
  keyId: vendorSettings.shape.keyId,
  issuer: vendorSettings.shape.issuer,
  audience: vendorSettings.shape.audience,
  secondPrivateKeyFile: vendorSettings.shape.secondPrivateKeyFile,
  secondKeyId: vendorSettings.shape.secondKeyId,
});

/** The settings that a config file can hold: all except credentials. */
export const configSchema = z.strictObject(fileSettings, "takes an object.");

/**
 * The settings of `run` that a config file can hold: all except credentials. Paths are relative to the file.
 *
 * @see the table of settings in the README
 */
export type Config = z.infer<typeof configSchema>;

/** Types the default export of a config file: `export default defineConfig({ … })`. */
export const defineConfig = (config: Config): Config => config;
