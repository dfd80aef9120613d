import type { Command } from "commander";
import { callServer, print, type ServerFlags, withServer } from "./server-call.ts";

interface TokenAnswer {
  readonly token_id: string;
  readonly name: string;
  readonly role: string;
}

/** Adds the commands about who may call the API. */
export function tokenCommands(program: Command): void {
  const token = program.command("token").description("Make tokens of the API, and take them back.");
  withServer(token.command("create"))
    .description("Make a token. It is shown this once.")
    .argument("<name>")
    .option("--role <role>", "`read` or `admin`", "read")
    .action(async (name: string, flags: ServerFlags & { readonly role: string }) => {
      const answer = (await callServer(flags, "POST", "/tokens", { name, role: flags.role })) as {
        readonly token: string;
      };
      print(flags, answer, [answer.token]);
    });
  withServer(token.command("list"))
    .description("List the tokens, without themselves.")
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, "GET", "/tokens")) as { readonly data: readonly TokenAnswer[] };
      const lines = answer.data.map(({ token_id, role, name }) => `${token_id}  ${role}  ${name}`);
      print(flags, answer, lines.length > 0 ? lines : ["There is the server's own admin token alone."]);
    });
  withServer(token.command("delete"))
    .description("Take a token back.")
    .argument("<token-id>")
    .action(async (id: string, flags: ServerFlags) => {
      await callServer(flags, "DELETE", `/tokens/${encodeURIComponent(id)}`);
      print(flags, { token_id: id }, ["It is gone."]);
    });
}
