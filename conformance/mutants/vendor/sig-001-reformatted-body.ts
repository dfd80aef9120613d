import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SIG-001",
  defect: "the body is formatted after it was signed",
  behaviour: () => ({
    deliver: (delivery) => ({ ...delivery, body: JSON.stringify(JSON.parse(delivery.body), null, 2) }),
  }),
});
