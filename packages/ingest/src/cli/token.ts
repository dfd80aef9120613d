import type { Command } from "commander";
import { callServer, type ServerFlags, withServer } from "./server-call.ts";
import { print, type Terminal } from "./terminal.ts";

interface TokenAnswer {
  readonly token_id: string;
  readonly name: string;
  readonly role: string;
  readonly customer_ids: readonly string[] | null;
  readonly expires_at: string | null;
}

interface CreateFlags extends ServerFlags {
  readonly role: string;
  readonly customer?: readonly string[];
  readonly expiresAt?: string;
}

function formatToken({ token_id, role, name, customer_ids, expires_at }: TokenAnswer): string {
  const limits = [
    ...(customer_ids ? [`only customers ${customer_ids.join(", ")}`] : []),
    ...(expires_at === null ? [] : [`until ${expires_at}`]),
  ];
  return [token_id, role, name, ...limits].join("  ");
}

/** Adds the commands that manage API tokens. */
export function tokenCommands(program: Command, terminal: Terminal): void {
  const token = program.command("token").description("Create, list, show and revoke API tokens.");
  withServer(token.command("create"), terminal)
    .description("Create a token and print it. The token is shown only once.")
    .argument("<name>")
    .option("--role <role>", "`read` or `admin`", "read")
    .option("--customer <id...>", "read only the data of these customers (default: of all customers)")
    .option("--expires-at <time>", "RFC 3339 in UTC (default: valid until it is revoked)")
    .action(async (name: string, { role, customer, expiresAt, ...flags }: CreateFlags) => {
      const answer = (await callServer(flags, terminal, "POST", "/tokens", {
        name,
        role,
        ...(customer && { customer_ids: customer }),
        ...(expiresAt !== undefined && { expires_at: expiresAt }),
      })) as { readonly token: string };
      print(terminal, flags, answer, [answer.token]);
    });
  withServer(token.command("list"), terminal)
    .description("List the tokens, each with its id, role, name and restrictions.")
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, terminal, "GET", "/tokens")) as {
        readonly data: readonly TokenAnswer[];
      };
      const lines = answer.data.map(formatToken);
      print(
        terminal,
        flags,
        answer,
        lines.length > 0 ? lines : ["No tokens except the server's admin token."],
      );
    });
  withServer(token.command("show"), terminal)
    .description("Show a token, without its value.")
    .argument("<token-id>")
    .action(async (id: string, flags: ServerFlags) => {
      const path = `/tokens/${encodeURIComponent(id)}`;
      const answer = (await callServer(flags, terminal, "GET", path)) as TokenAnswer;
      print(terminal, flags, answer, [formatToken(answer)]);
    });
  withServer(token.command("delete"), terminal)
    .description("Revoke a token.")
    .argument("<token-id>")
    .action(async (id: string, flags: ServerFlags) => {
      await callServer(flags, terminal, "DELETE", `/tokens/${encodeURIComponent(id)}`);
      print(terminal, flags, { token_id: id }, ["Revoked."]);
    });
}
