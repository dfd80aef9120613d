import { receiverMutant } from "../receiver-mutant.ts";

const ESCAPE = /\\u([0-9a-f]{4})/gi;

export default receiverMutant({
  breaks: "RCV-001",
  defect: "verifies the body as a parser has left it, with escapes written out",
  parts: () => ({
    signedBytes(body) {
      const text = body.toString("utf8");
      const written = text.replace(ESCAPE, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 16)),
      );
      return written === text ? body : written;
    },
  }),
});
