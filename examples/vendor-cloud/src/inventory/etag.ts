import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** What tells whether something is still the same: weak, since the same may be compressed or not. */
export const etagOf = (content: unknown): string =>
  `W/"${createHash("sha256").update(JSON.stringify(content)).digest("base64url").slice(0, 27)}"`;

/**
 * Answers with what was asked for, or with 304 where the caller has it already.
 *
 * @param etag `null` where there is none to compare
 * @see spec/1.0/contract.md#conditional-requests
 */
export function answerUnlessSame<Content>(
  request: FastifyRequest,
  reply: FastifyReply,
  { content, etag }: { readonly content: Content; readonly etag: string | null },
): Content | FastifyReply {
  if (etag === null) return content;
  reply.header("etag", etag);
  const held = (request.headers["if-none-match"] ?? "").split(",").map((each) => each.trim());
  return held.includes(etag) || held.includes("*") ? reply.code(304).send() : content;
}
