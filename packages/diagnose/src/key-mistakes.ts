import { type Bytes, concat, fromHex, fromUrlAlphabet, lenientBase64, toHex, utf8, utf16 } from "./bytes.ts";
import type { Row } from "./choice.ts";
import { DECODE_THE_SECRET } from "./fixes.ts";
import type { Secret } from "./read-keys.ts";

/** All of these mistakes use something other than the decoded secret as the HMAC key. */
const common = { fix: DECODE_THE_SECRET, where: "sender", requirement: "SIG-001" } as const;

const LINE_BREAK = utf8("\n");

/** The texts that a program may use as the key if the setting for the key is missing. */
const NOTHING = ["", "undefined", "null", "None", "whsec_"];

/** What senders use as the HMAC key instead of the decoded secret. */
export const KEY_MISTAKES: readonly Row<Secret, Bytes>[] = [
  {
    mistake: {
      code: "secret_not_decoded",
      title: "The secret was used as text",
      explanation:
        "The HMAC key is the text after whsec_. That text is base64: decode it and use the bytes as the key.",
      ...common,
    },
    make: ({ encoded }) => [utf8(encoded)],
  },
  {
    mistake: {
      code: "secret_prefix_in_key",
      title: "The secret was used as text, with whsec_ in front",
      explanation:
        "The HMAC key is the whole secret as text, including whsec_. Remove whsec_ and decode the rest from base64.",
      ...common,
    },
    make: ({ encoded }) => [utf8(`whsec_${encoded}`)],
  },
  {
    mistake: {
      code: "secret_prefix_decoded",
      title: "whsec_ was decoded with the secret",
      explanation:
        "The secret was decoded with whsec_ in front. Lenient base64 decoders read this prefix as five or six more characters, so the key is wrong. Remove whsec_ first.",
      ...common,
    },
    make: ({ encoded }) => [
      lenientBase64(fromUrlAlphabet(`whsec_${encoded}`)),
      lenientBase64(`whsec${encoded}`),
    ],
  },
  {
    mistake: {
      code: "secret_v1_prefix_in_key",
      title: 'The secret begins with "v1,"',
      explanation:
        'The HMAC key begins with "v1,". Only signatures begin with "v1,"; a secret begins with whsec_.',
      ...common,
    },
    exclusive: true,
    make: ({ encoded }) => [
      utf8(`v1,whsec_${encoded}`),
      lenientBase64(fromUrlAlphabet(`v1,whsec_${encoded}`)),
      lenientBase64(`v1whsec${encoded}`),
      utf8(`v1,${encoded}`),
      lenientBase64(`v1${encoded}`),
    ],
  },
  {
    mistake: {
      code: "secret_read_as_hex",
      title: "The secret was decoded from hex",
      explanation:
        "The text after whsec_ looks like hex and was decoded as hex. Every secret is base64, so decode the text from base64.",
      ...common,
    },
    exclusive: true,
    make: ({ encoded }) => [fromHex(encoded)],
  },
  {
    mistake: {
      code: "secret_as_hex_text",
      title: "The secret's bytes were written as hex",
      explanation: "The HMAC key is the hex text of the decoded secret. Use the bytes themselves as the key.",
      ...common,
    },
    exclusive: true,
    make: ({ bytes }) => [utf8(toHex(bytes)), utf8(toHex(bytes).toUpperCase())],
  },
  {
    mistake: {
      code: "secret_newline",
      title: "The secret ends with a line break",
      explanation:
        "The HMAC key includes a line break after the secret, for example because the secret was pasted or read from a file. Trim the secret before you decode it.",
      ...common,
    },
    exclusive: true,
    make: ({ encoded, bytes }) => [
      utf8(`whsec_${encoded}\n`),
      utf8(`${encoded}\n`),
      utf8(`whsec_${encoded}\r\n`),
      utf8(`${encoded}\r\n`),
      concat(bytes, LINE_BREAK),
    ],
  },
  {
    mistake: {
      code: "secret_quoted",
      title: "The secret has quotes around it",
      explanation:
        "The HMAC key includes quotes around the secret. Some readers of .env files keep the quotes around a value. Remove the quotes before you decode the secret.",
      ...common,
    },
    exclusive: true,
    make: ({ encoded }) =>
      [`"whsec_${encoded}"`, `'whsec_${encoded}'`, `"${encoded}"`, `'${encoded}'`].map(utf8),
  },
  {
    mistake: {
      code: "secret_utf16",
      title: "The secret was used as UTF-16 text",
      explanation:
        "The HMAC key is the secret as UTF-16 text, for example from Encoding.Unicode. Decode the text after whsec_ from base64.",
      ...common,
    },
    exclusive: true,
    make: ({ encoded }) => [`whsec_${encoded}`, encoded].flatMap(utf16),
  },
  {
    mistake: {
      code: "secret_case_changed",
      title: "The secret's letter case was changed",
      explanation:
        "The HMAC key is the secret in lower or upper case. base64 is case-sensitive: keep the secret exactly as it was issued.",
      ...common,
    },
    exclusive: true,
    make: ({ encoded }) =>
      [encoded.toLowerCase(), encoded.toUpperCase()].flatMap((changed) => [
        lenientBase64(changed),
        utf8(changed),
      ]),
  },
  {
    mistake: {
      code: "secret_not_set",
      title: "The delivery was signed without the secret",
      explanation:
        "The HMAC key is empty, or the text of an unset setting such as undefined. Anyone can produce this signature. Set the secret, and refuse to start without a secret.",
      ...common,
      fix: {
        node: 'if (!process.env.WEBHOOK_SECRET) throw new Error("WEBHOOK_SECRET is not set");',
        python: 'secret = os.environ["WEBHOOK_SECRET"]  # not os.getenv, which returns None',
        dotnet:
          'var secret = configuration["WebhookSecret"] ?? throw new InvalidOperationException("WebhookSecret is not set");',
      },
    },
    exclusive: true,
    make: () => NOTHING.map(utf8),
  },
];
