/**
 * Wraps a caller's hook so that its error or rejection does not interrupt delivery or end the process.
 *
 * @param onError receives the error
 */
export const guardHook =
  <Argument>(hook: (argument: Argument) => unknown, onError: (error: unknown) => void) =>
  (argument: Argument): void => {
    try {
      Promise.resolve(hook(argument)).catch(onError);
    } catch (error) {
      onError(error);
    }
  };
