/** Number of slots of a new table. */
const FIRST_SLOTS = 64;
/**
 * The share of filled slots at which the table grows: a higher
 * share slows probing, a lower one wastes memory.
 */
const MAX_FILLED = 0.75;
/**
 * Growth factor of a full table. A slot has 8 bytes, so a grown table never uses more than 16 bytes per id.
 */
const GROWTH = 1.5;

const rotated = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by));

/** The last step of MurmurHash3: each bit of the input changes about half of the output's bits. */
function avalanched(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * The ids of a listing, in a table of 64-bit fingerprints: at most 16 bytes per id, however long the id is. A
 * `Set` of strings needs more than a hundred bytes per id.
 *
 * An id that was added is always found. A new id that has the fingerprint of another id is a false duplicate:
 * the probability is n²/2⁶⁵ for n ids, or 1 in 37 million for a million ids. The listing is then rejected,
 * which is safe; the next listing uses another seed, so the same ids do not collide again.
 */
export class SeenIds {
  readonly #seed: Uint32Array;
  /** Two words per slot; two zeros are an empty slot. */
  #slots = new Uint32Array(FIRST_SLOTS * 2);
  #size = 0;
  #low = 0;
  #high = 0;

  /** @param seed two words; random, so that a vendor cannot predict collisions */
  constructor(seed: Uint32Array = crypto.getRandomValues(new Uint32Array(2))) {
    this.#seed = seed;
  }

  /** Number of distinct ids. */
  get size(): number {
    return this.#size;
  }

  /** Size of the table in bytes. */
  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /** Adds an id. @returns whether it is new */
  add(id: string): boolean {
    this.#fingerprint(id);
    if (!this.#place(this.#low, this.#high)) return false;
    this.#size += 1;
    if (this.#size > (this.#slots.length / 2) * MAX_FILLED) this.#grow();
    return true;
  }

  /** Checks whether an id was added; may wrongly return true for a new id, with a negligible probability. */
  has(id: string): boolean {
    this.#fingerprint(id);
    return this.#slotOf(this.#low, this.#high) === null;
  }

  /** Computes an id's fingerprint into `#low` and `#high`, to avoid allocating an object per id. */
  #fingerprint(id: string): void {
    let low = this.#seed[0] ?? 0;
    let high = this.#seed[1] ?? 0;
    // Mixes two UTF-16 units at a time into two hashes that feed each other, like 128-bit MurmurHash3.
    for (let i = 0; i < id.length; i += 2) {
      const pair = id.charCodeAt(i) | (i + 1 < id.length ? id.charCodeAt(i + 1) << 16 : 0);
      low ^= Math.imul(rotated(Math.imul(pair, 0x239b961b), 15), 0xab0e9789);
      low = (Math.imul(rotated(low, 19) + high, 5) + 0x561ccd1b) | 0;
      high ^= Math.imul(rotated(Math.imul(pair, 0x38b34ae5), 17), 0xa1e38b93);
      high = (Math.imul(rotated(high, 17) + low, 5) + 0x0bcaa747) | 0;
    }
    low ^= id.length;
    this.#low = avalanched(low + high);
    this.#high = avalanched(high + Math.imul(this.#low, 5));
    // Two zeros mark an empty slot, so no fingerprint may be two zeros.
    if (this.#low === 0 && this.#high === 0) this.#high = 1;
  }

  /** Returns the first empty slot for a fingerprint; `null` if the table already contains the fingerprint. */
  #slotOf(low: number, high: number): number | null {
    const slots = this.#slots;
    const count = slots.length / 2;
    let slot = Math.floor((high / 2 ** 32) * count);
    while (slots[slot * 2] !== 0 || slots[slot * 2 + 1] !== 0) {
      if (slots[slot * 2] === low && slots[slot * 2 + 1] === high) return null;
      slot = slot + 1 === count ? 0 : slot + 1;
    }
    return slot;
  }

  /** @returns whether the fingerprint was not in the table before */
  #place(low: number, high: number): boolean {
    const slot = this.#slotOf(low, high);
    if (slot === null) return false;
    this.#slots[slot * 2] = low;
    this.#slots[slot * 2 + 1] = high;
    return true;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(Math.ceil((before.length / 2) * GROWTH) * 2);
    for (let i = 0; i < before.length; i += 2) {
      const low = before[i] ?? 0;
      const high = before[i + 1] ?? 0;
      if (low !== 0 || high !== 0) this.#place(low, high);
    }
    // Frees the old table's memory immediately, because garbage collection may be late and old tables would
    // accumulate.
    before.buffer.transfer(0);
  }
}
