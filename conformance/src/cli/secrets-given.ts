/** The flags and variables that take a secret. */
const FLAGS = ["--api-key", "--second-api-key", "--secret", "--other-secret", "--status-token"];
const VARIABLE = /^CONFORMANCE_.*(?:KEY|SECRETS?|TOKEN)$/;

/**
 * Every secret that a command was given, before anybody has looked whether the command can be understood.
 *
 * @param args the command line
 * @param environment the variables beside it
 */
export function secretsGiven(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const onCommandLine = args.flatMap((arg, index) => {
    const [flag = "", ...value] = arg.split("=");
    if (!FLAGS.includes(flag)) return [];
    return value.length > 0 ? [value.join("=")] : (args[index + 1] ?? []);
  });
  const inEnvironment = Object.entries(environment).flatMap(([name, value]) =>
    VARIABLE.test(name) ? (value ?? "").split(" ") : [],
  );
  return [...onCommandLine, ...inEnvironment].filter((each) => each !== "");
}

/** A complaint about a flag without what was given with it: a flag that is misspelt may hold a secret as well. */
export const withoutValues = (complaint: string): string =>
  complaint.replaceAll(/(--[\w-]+)=[^'\n]*/g, "$1=…");
