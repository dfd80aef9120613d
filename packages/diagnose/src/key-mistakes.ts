import {
  type Bytes,
  concat,
  forgivingBase64,
  fromHex,
  fromUrlAlphabet,
  toHex,
  utf8,
  utf16be,
  utf16le,
} from "./bytes.ts";
import type { Row } from "./choice.ts";
import { DECODE_THE_SECRET } from "./fixes.ts";
import type { Secret } from "./read-keys.ts";

/** All of these keyed the HMAC with other bytes than the secret stands for. */
const common = { fix: DECODE_THE_SECRET, where: "sender", requirement: "SIG-001" } as const;

const LINE_BREAK = utf8("\n");

/** What an unset setting becomes as text. */
const NOTHING = ["", "undefined", "null", "None", "whsec_"];

/** What people key the signature with instead of the secret's bytes. */
export const KEY_MISTAKES: readonly Row<Secret, Bytes>[] = [
  {
    mistake: {
      code: "secret_not_decoded",
      title: "The secret was used as text",
      explanation:
        "The signature is keyed with the characters after whsec_. They are base64: decode them, and key it with the bytes.",
      ...common,
    },
    make: ({ encoded }) => [utf8(encoded)],
  },
  {
    mistake: {
      code: "secret_prefix_in_key",
      title: "The secret was used as text, with whsec_ in front",
      explanation:
        "The signature is keyed with the secret as it is written, whsec_ included. Take whsec_ off and decode the rest from base64.",
      ...common,
    },
    make: ({ encoded }) => [utf8(`whsec_${encoded}`)],
  },
  {
    mistake: {
      code: "secret_prefix_decoded",
      title: "whsec_ was decoded with the secret",
      explanation:
        "whsec_ was left on when the secret was decoded. Forgiving base64 decoders read it as six more characters, or as five, and so the key is another.",
      ...common,
    },
    make: ({ encoded }) => [
      forgivingBase64(fromUrlAlphabet(`whsec_${encoded}`)),
      forgivingBase64(`whsec${encoded}`),
    ],
  },
  {
    mistake: {
      code: "secret_v1_prefix_in_key",
      title: "v1, was put before the secret",
      explanation:
        "The signature is keyed with a secret that has v1, in front. That belongs before signatures; a secret begins with whsec_.",
      ...common,
    },
    alone: true,
    make: ({ encoded }) => [
      utf8(`v1,whsec_${encoded}`),
      forgivingBase64(fromUrlAlphabet(`v1,whsec_${encoded}`)),
      forgivingBase64(`v1whsec${encoded}`),
      utf8(`v1,${encoded}`),
      forgivingBase64(`v1${encoded}`),
    ],
  },
  {
    mistake: {
      code: "secret_read_as_hex",
      title: "The secret was decoded from hex",
      explanation:
        "What follows whsec_ looks like hex and was decoded as hex. It is base64, like every secret: decode it from base64.",
      ...common,
    },
    alone: true,
    make: ({ encoded }) => [fromHex(encoded)],
  },
  {
    mistake: {
      code: "secret_as_hex_text",
      title: "The secret's bytes were written in hex again",
      explanation:
        "The signature is keyed with the hex text of the secret's bytes. Key it with the bytes themselves.",
      ...common,
    },
    alone: true,
    make: ({ bytes }) => [utf8(toHex(bytes)), utf8(toHex(bytes).toUpperCase())],
  },
  {
    mistake: {
      code: "secret_newline",
      title: "A line break came with the secret",
      explanation:
        "The signature is keyed with the secret and a line break, as a secret has it that was read from a file or pasted. Trim it before you decode it.",
      ...common,
    },
    alone: true,
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
      title: "Quotes came with the secret",
      explanation:
        "The signature is keyed with the secret and the quotes around it, as some readers of .env files leave them. Take them off before you decode it.",
      ...common,
    },
    alone: true,
    make: ({ encoded }) =>
      [`"whsec_${encoded}"`, `'whsec_${encoded}'`, `"${encoded}"`, `'${encoded}'`].map(utf8),
  },
  {
    mistake: {
      code: "secret_utf16",
      title: "The secret was used as UTF-16 text",
      explanation:
        "The signature is keyed with the secret as UTF-16 text, which is what Encoding.Unicode makes. Decode what follows whsec_ from base64.",
      ...common,
    },
    alone: true,
    make: ({ encoded }) => [
      utf16le(`whsec_${encoded}`),
      utf16le(encoded),
      utf16be(`whsec_${encoded}`),
      utf16be(encoded),
    ],
  },
  {
    mistake: {
      code: "secret_case_changed",
      title: "The secret's letter case was changed",
      explanation:
        "The signature is keyed with the secret in lower or upper case. base64 tells the cases apart: keep the secret exactly as it was issued.",
      ...common,
    },
    alone: true,
    make: ({ encoded }) =>
      [encoded.toLowerCase(), encoded.toUpperCase()].flatMap((changed) => [
        forgivingBase64(changed),
        utf8(changed),
      ]),
  },
  {
    mistake: {
      code: "secret_not_set",
      title: "The delivery was signed without the secret",
      explanation:
        "The signature is keyed with nothing, or with the word that an unset setting becomes, such as undefined. Anybody could have made it: set the secret, and refuse to start without it.",
      ...common,
      fix: {
        node: 'if (!process.env.WEBHOOK_SECRET) throw new Error("WEBHOOK_SECRET is not set");',
        python: 'secret = os.environ["WEBHOOK_SECRET"]  # not os.getenv, which answers None',
        dotnet:
          'var secret = configuration["WebhookSecret"] ?? throw new InvalidOperationException("WebhookSecret is not set");',
      },
    },
    alone: true,
    make: () => NOTHING.map(utf8),
  },
];
