/** Who does what, among several processes over one store. By the store's clock, so that processes need not agree on theirs. */
export interface LeaseStore {
  /**
   * Takes a lease that is free, has run out, or is the owner's already: so it is renewed, too.
   *
   * @returns whether the owner has it now
   */
  take(name: string, owner: string, seconds: number): Promise<boolean>;
  /** Gives a lease back, unless it is another's by now. */
  release(name: string, owner: string): Promise<void>;
}
