import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-001",
  defect: "looks at the first signature of the header alone",
  parts: () => ({
    signedHeaders: (headers) => ({
      ...headers,
      "webhook-signature": String(headers["webhook-signature"]).split(" ")[0],
    }),
  }),
});
