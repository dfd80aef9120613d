import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SIG-003",
  defect: "every delivery has an id of its own",
  behaviour: () => ({ deliver: (delivery, resign) => resign(delivery, { id: crypto.randomUUID() }) }),
});
