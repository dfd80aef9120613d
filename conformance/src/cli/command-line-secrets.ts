import { receiverSettings } from "../config/receiver-settings.ts";
import { listSettings } from "../config/setting.ts";
import { vendorSettings } from "../config/vendor-settings.ts";

const FLAGS = new Set(
  [vendorSettings, receiverSettings].flatMap((settings) =>
    listSettings(settings).flatMap(({ isCredential, flagName }) => (isCredential ? [flagName] : [])),
  ),
);
const VARIABLE = /^CONFORMANCE_.*(?:KEY|SECRETS?|TOKEN)$/;

/** Collects every secret on a command line and in its environment, even if the command line is invalid. */
export function collectSecrets(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const onCommandLine = args.flatMap((arg, index) => {
    const [flag = "", ...value] = arg.split("=");
    if (!FLAGS.has(flag)) return [];
    return value.length > 0 ? [value.join("=")] : (args[index + 1] ?? []);
  });
  const inEnvironment = Object.entries(environment).flatMap(([name, value]) =>
    VARIABLE.test(name) ? (value ?? "").split(" ") : [],
  );
  return [...onCommandLine, ...inEnvironment].filter((each) => each !== "");
}

/** Removes flag values from a message, because the value of a misspelled flag can be a secret. */
export const hideFlagValues = (message: string): string => message.replaceAll(/(--[\w-]+)=[^'\n]*/g, "$1=…");
