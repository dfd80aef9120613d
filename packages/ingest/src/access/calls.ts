import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import { ProblemError } from "../problem.ts";
import type { TokenRow, TokenStore } from "../store/token-store.ts";
import { makeToken } from "./tokens.ts";

const roleSchema = z
  .enum(["admin", "read"])
  .meta({ description: "`read` may look, `admin` may do everything." });

const tokenSchema = z
  .object({ token_id: z.string(), name: z.string(), role: roleSchema, created_at: z.iso.datetime() })
  .meta({ id: "Token" });

const shown = ({ tokenId, name, role, createdAt }: TokenRow) => ({
  token_id: tokenId,
  name,
  role,
  created_at: createdAt,
});

/** The calls about who may call. */
export const accessCalls = (tokens: TokenStore): readonly Call[] => [
  call({
    method: "POST",
    path: "/tokens",
    operationId: "createToken",
    summary: "Make a token. The answer is the only time it is shown.",
    role: "admin",
    body: z.object({ name: z.string().min(1).max(200), role: roleSchema }),
    answer: {
      status: 201,
      description: "The token.",
      schema: tokenSchema.extend({ token: z.string() }).meta({ id: "CreatedToken" }),
    },
    async handle({ body: { name, role } }) {
      const { row, token } = await makeToken(tokens, name, role);
      return { ...shown(row), token };
    },
  }),
  call({
    method: "GET",
    path: "/tokens",
    operationId: "listTokens",
    summary: "List the tokens, without themselves.",
    role: "admin",
    answer: { status: 200, description: "The tokens.", schema: z.object({ data: z.array(tokenSchema) }) },
    handle: async () => ({ data: (await tokens.all()).map(shown) }),
  }),
  call({
    method: "DELETE",
    path: "/tokens/{token_id}",
    operationId: "deleteToken",
    summary: "Take a token back. It is refused from the next call on.",
    role: "admin",
    params: z.object({ token_id: z.string() }),
    answer: { status: 204, description: "It is gone." },
    problems: { unknown_token: { status: 404, description: "There is none with this id." } },
    async handle({ params: { token_id } }) {
      if (await tokens.remove(token_id)) return undefined;
      throw new ProblemError(404, "unknown_token", "List the tokens with GET /v1/tokens.");
    },
  }),
];
