/**
 * Keeps what a caller's hook throws out of the work.
 *
 * @param onError told of it
 */
export const guardHook =
  <Argument>(hook: (argument: Argument) => void, onError: (error: unknown) => void) =>
  (argument: Argument): void => {
    try {
      hook(argument);
    } catch (error) {
      onError(error);
    }
  };
