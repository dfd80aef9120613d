/**
 * Reads the media type of a `Content-Type` header, in lower case and without parameters. Returns an empty
 * string if there is no header.
 */
export const mediaTypeOf = (contentType: string | null | undefined): string =>
  (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
