import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-009",
  defect: "the sequence of an event counts what was posted to the endpoint",
  behaviour: () => {
    const posted = new Map<string, number>();
    return {
      deliver(delivery, resign) {
        // The endpoints did not begin together.
        const count = (posted.get(delivery.url) ?? posted.size * 100) + 1;
        posted.set(delivery.url, count);
        return changeEvent((event) => {
          event.sequence = String(count).padStart(12, "0");
        })(delivery, resign);
      },
    };
  },
});
