import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Returns the ETag of some content. The ETag is weak, because the same content may be compressed. */
export const etagOf = (content: unknown): string =>
  `W/"${createHash("sha256").update(JSON.stringify(content)).digest("base64url").slice(0, 27)}"`;

/**
 * Sends the content, or 304 if the caller already has it.
 *
 * @param etag the content's ETag; `null` if the content has none
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
