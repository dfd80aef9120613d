import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Clock } from "../clock.ts";
import { ProblemError } from "../problem.ts";
import type { TokenRow, TokenStore } from "../store/store.ts";
import { createToken } from "./tokens.ts";

const roleSchema = z
  .enum(["admin", "read"])
  .meta({ description: "`read` allows only calls that read. `admin` allows every call." });

const customersSchema = z.array(z.string().min(1).max(256)).min(1).max(100).nullable().meta({
  description:
    "The customers whose data the token reads. `null`: all customers. Only a token with the role `read` can be restricted.",
});
const expirySchema = z.iso
  .datetime()
  .nullable()
  .meta({ description: "When the token stops being valid. `null`: when it is revoked." });

const tokenSchema = z
  .object({
    token_id: z.string(),
    name: z.string(),
    role: roleSchema,
    customer_ids: customersSchema,
    expires_at: expirySchema,
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Token" });

const toView = ({ tokenId, name, role, customerIds, expiresAt, createdAt }: TokenRow) => ({
  token_id: tokenId,
  name,
  role,
  customer_ids: customerIds,
  expires_at: expiresAt,
  created_at: createdAt,
});

const tokenParams = z.object({ token_id: z.string() });
const UNKNOWN_TOKEN = { unknown_token: { status: 404, description: "No token has this id." } } as const;
const createUnknownTokenError = () =>
  new ProblemError(404, "unknown_token", "No token has this id. List the tokens with GET /v1/tokens.");

/** Defines the calls that manage tokens. */
export const accessCalls = (tokens: TokenStore, clock: Pick<Clock, "now">): readonly Call[] => [
  call({
    method: "POST",
    path: "/tokens",
    operationId: "createToken",
    summary: "Create a token. Only this answer shows the token.",
    role: "admin",
    body: z
      .object({
        name: z.string().min(1).max(200),
        role: roleSchema,
        customer_ids: customersSchema.default(null),
        expires_at: expirySchema.default(null),
      })
      .refine(({ role, customer_ids }) => role === "read" || customer_ids === null, {
        path: ["customer_ids"],
        error: "Only a token with the role read can be restricted to customers.",
      }),
    answer: {
      status: 201,
      description: "The token.",
      schema: tokenSchema.extend({ token: z.string() }).meta({ id: "CreatedToken" }),
    },
    async handle({ body: { name, role, customer_ids: customerIds, expires_at: expiresAt } }) {
      if (expiresAt !== null && Date.parse(expiresAt) <= clock.now()) {
        throw new ProblemError(400, "invalid_parameter", "expires_at is in the past. Send a later time.");
      }
      const { row, token } = await createToken(tokens, { name, role, customerIds, expiresAt });
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
    method: "GET",
    path: "/tokens/{token_id}",
    operationId: "getToken",
    summary: "Get a token, without its value.",
    role: "admin",
    params: tokenParams,
    answer: { status: 200, description: "The token.", schema: tokenSchema },
    problems: UNKNOWN_TOKEN,
    async handle({ params: { token_id } }) {
      const found = (await tokens.all()).find(({ tokenId }) => tokenId === token_id);
      if (!found) throw createUnknownTokenError();
      return toView(found);
    },
  }),
  call({
    method: "DELETE",
    path: "/tokens/{token_id}",
    operationId: "deleteToken",
    summary: "Revoke a token. The server refuses every later call with the token, and ends its open streams.",
    role: "admin",
    params: tokenParams,
    answer: { status: 204, description: "Revoked." },
    problems: UNKNOWN_TOKEN,
    async handle({ params: { token_id } }) {
      if (await tokens.remove(token_id)) return undefined;
      throw createUnknownTokenError();
    },
  }),
];
