import type { Command } from "commander";
import { callServer, type ServerFlags, withServer } from "./server-call.ts";
import { print, type Terminal } from "./terminal.ts";

interface TokenAnswer {
  readonly token_id: string;
  readonly name: string;
  readonly role: string;
}

/** Adds the commands that manage API tokens. */
export function tokenCommands(program: Command, terminal: Terminal): void {
  const token = program.command("token").description("Create, list and revoke API tokens.");
  withServer(token.command("create"), terminal)
    .description("Create a token and print it. The token is shown only once.")
    .argument("<name>")
    .option("--role <role>", "`read` or `admin`", "read")
    .action(async (name: string, flags: ServerFlags & { readonly role: string }) => {
      const answer = (await callServer(flags, terminal, "POST", "/tokens", { name, role: flags.role })) as {
        readonly token: string;
      };
      print(terminal, flags, answer, [answer.token]);
    });
  withServer(token.command("list"), terminal)
    .description("List the tokens by id, role and name.")
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, terminal, "GET", "/tokens")) as {
        readonly data: readonly TokenAnswer[];
      };
      const lines = answer.data.map(({ token_id, role, name }) => `${token_id}  ${role}  ${name}`);
      print(
        terminal,
        flags,
        answer,
        lines.length > 0 ? lines : ["No tokens except the server's admin token."],
      );
    });
  withServer(token.command("delete"), terminal)
    .description("Revoke a token.")
    .argument("<token-id>")
    .action(async (id: string, flags: ServerFlags) => {
      await callServer(flags, terminal, "DELETE", `/tokens/${encodeURIComponent(id)}`);
      print(terminal, flags, { token_id: id }, ["Revoked."]);
    });
}
