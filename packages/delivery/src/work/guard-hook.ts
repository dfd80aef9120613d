/**
 * Keeps what a caller's hook throws out of the work, an async one's rejection too: unheard, it would end the process.
 *
 * @param onError told of it
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
