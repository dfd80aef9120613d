import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import { ProblemError } from "../problem.ts";
import type { TokenRow, TokenStore } from "../store/store.ts";
import { createToken } from "./tokens.ts";

const roleSchema = z
  .enum(["admin", "read"])
  .meta({ description: "`read` allows only calls that read. `admin` allows every call." });

const tokenSchema = z
  .object({ token_id: z.string(), name: z.string(), role: roleSchema, created_at: z.iso.datetime() })
  .meta({ id: "Token" });

const toView = ({ tokenId, name, role, createdAt }: TokenRow) => ({
  token_id: tokenId,
  name,
  role,
  created_at: createdAt,
});

/** Defines the calls that manage tokens. */
export const accessCalls = (tokens: TokenStore): readonly Call[] => [
  call({
    method: "POST",
    path: "/tokens",
    operationId: "createToken",
    summary: "Create a token. Only this answer shows the token.",
    role: "admin",
    body: z.object({ name: z.string().min(1).max(200), role: roleSchema }),
    answer: {
      status: 201,
      description: "The token.",
      schema: tokenSchema.extend({ token: z.string() }).meta({ id: "CreatedToken" }),
    },
    async handle({ body: { name, role } }) {
      const { row, token } = await createToken(tokens, name, role);
      return { ...toView(row), token };
    },
  }),
  call({
    method: "GET",
    path: "/tokens",
    operationId: "listTokens",
    summary: "List the tokens, without their values.",
    role: "admin",
    answer: { status: 200, description: "The tokens.", schema: z.object({ data: z.array(tokenSchema) }) },
    handle: async () => ({ data: (await tokens.all()).map(toView) }),
  }),
  call({
    method: "DELETE",
    path: "/tokens/{token_id}",
    operationId: "deleteToken",
    summary: "Revoke a token. The server refuses every later call with the token.",
    role: "admin",
    params: z.object({ token_id: z.string() }),
    answer: { status: 204, description: "Revoked." },
    problems: { unknown_token: { status: 404, description: "No token has this id." } },
    async handle({ params: { token_id } }) {
      if (await tokens.remove(token_id)) return undefined;
      throw new ProblemError(
        404,
        "unknown_token",
        "No token has this id. List the tokens with GET /v1/tokens.",
      );
    },
  }),
];
