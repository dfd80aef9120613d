/** One block of a PEM text. */
export interface PemBlock {
  /** Such as `RSA PRIVATE KEY`. */
  readonly label: string;
  /** The block with one line end after each 64 characters, as parsers require it. */
  readonly text: string;
  readonly encrypted: boolean;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs;
/** The first headers of a key that old versions of OpenSSL encrypted. */
const ENCRYPTED = /Proc-Type: *4, *ENCRYPTED/;

/**
 * Reads the blocks of a PEM text. Repairs the damage that copying often does: Windows line ends, `\n` written as two
 * characters, lines joined by spaces, quotes and text around it.
 *
 * @returns an empty array if the text is not PEM. Content that is not base64 is returned as it is, and parsers refuse it
 */
export function readPemBlocks(text: string): PemBlock[] {
  const unescaped = text.replaceAll(/\\r\\n|\\n|\\r/g, "\n");
  return [...unescaped.matchAll(BLOCK)].map(([, label = "", content = ""]) => {
    const lines = content.replaceAll(/\s+/g, "").match(/.{1,64}/g) ?? [];
    return {
      label,
      text: [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n"),
      encrypted: label.startsWith("ENCRYPTED") || ENCRYPTED.test(content),
    };
  });
}
