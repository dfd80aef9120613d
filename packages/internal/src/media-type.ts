/** Reads the media type of a `Content-Type` header: lower case, without parameters; empty where there is no header. */
export const mediaTypeOf = (contentType: string | null | undefined): string =>
  (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
