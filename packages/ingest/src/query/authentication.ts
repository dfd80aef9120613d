import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "../problem.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Makes the hook that lets only the holder of the admin token through. */
export function requireToken(token: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(token);
  return async ({ headers }) => {
    const sent = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    // Digests have one length, so comparing them tells nothing of the token.
    if (sent !== undefined && timingSafeEqual(digest(sent), expected)) return;
    throw new ProblemError(
      401,
      "unauthorized",
      "Send `Authorization: Bearer <admin token>`; the server's log says where it is.",
    );
  };
}
