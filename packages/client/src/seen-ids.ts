/** Slots of a new table. */
const FIRST_SLOTS = 64;
/** A fuller table makes probing slow; an emptier one wastes memory. */
const MAX_FILLED = 0.75;
/** Growth factor of a full table: 8 bytes per slot, so never more than 16 bytes per id. */
const GROWTH = 1.5;

const rotated = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by));

/** The last step of MurmurHash3: every bit of the input changes half the bits of the output. */
function avalanched(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * The ids of a listing, in a table of 64-bit fingerprints: at most 16 bytes per id of any length, where a `Set` of
 * strings needs more than a hundred.
 *
 * An id that was added is always found. A new id with the fingerprint of another is a false duplicate: for n ids with
 * probability n²/2⁶⁵, 1 in 37 million for a million devices. The listing is then rejected, which is safe, and the next
 * one uses another seed, so the same two ids do not collide again.
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

  /** Checks whether an id was added; may be wrong for a new id with the probability above. */
  has(id: string): boolean {
    this.#fingerprint(id);
    return this.#slotOf(this.#low, this.#high) === null;
  }

  /** Stores the fingerprint in `#low` and `#high`, to avoid allocating an object per id. */
  #fingerprint(id: string): void {
    let low = this.#seed[0] ?? 0;
    let high = this.#seed[1] ?? 0;
    // Two lanes that feed each other, as in 128-bit MurmurHash3; two UTF-16 units at a time.
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
    // Two zeros mean an empty slot.
    if (this.#low === 0 && this.#high === 0) this.#high = 1;
  }

  /** Returns the first empty slot for a fingerprint; `null` if the table has the fingerprint. */
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

  /** @returns whether the fingerprint is new */
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
    // Frees the memory now: garbage collection may be late, and old tables add up.
    before.buffer.transfer(0);
  }
}
