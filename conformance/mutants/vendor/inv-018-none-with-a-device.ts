import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-018",
  defect: "a device that is looked up has no ETag",
  behaviour: () => ({
    answer(answer, { path }) {
      if (path.startsWith("/v1/devices/")) delete answer.headers["etag"];
    },
  }),
});
