/** Slots of a new table. */
const FIRST_SLOTS = 64;
/** A fuller table makes probing slow; an emptier one wastes memory. */
const MOST_FILLED = 0.75;
/** What a full table grows by: 8 bytes a slot, so never more than 16 bytes an id. */
const GROWTH = 1.5;

const rotated = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by));

/** The last step of MurmurHash3: every bit of the input changes half the bits of the output. */
function avalanched(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * The ids that a listing has had, in a table of 64-bit fingerprints: at most 16 bytes an id, whatever its length,
 * where a `Set` of strings takes more than a hundred.
 *
 * An id that was added is always known again. One that was not is taken for seen when its fingerprint is that of
 * another: among n ids with a chance of n²/2⁶⁵, which is 1 in 37 million for a million devices. The listing is then
 * refused as one with a duplicate, which is the safe side, and the next is read with another seed: the same two ids
 * do not meet again.
 */
export class SeenIds {
  readonly #seed: Uint32Array;
  /** Two words a slot; two zeros are an empty one. */
  #slots = new Uint32Array(FIRST_SLOTS * 2);
  #size = 0;
  #low = 0;
  #high = 0;

  /** @param seed two words; random, so that no vendor can tell which ids would meet */
  constructor(seed: Uint32Array = crypto.getRandomValues(new Uint32Array(2))) {
    this.#seed = seed;
  }

  /** How many different ids were added. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that the table takes. */
  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /** Adds an id. @returns whether it is new */
  add(id: string): boolean {
    this.#fingerprint(id);
    if (!this.#place(this.#low, this.#high)) return false;
    this.#size += 1;
    if (this.#size > (this.#slots.length / 2) * MOST_FILLED) this.#grow();
    return true;
  }

  /** Whether an id was added; for one that was not, wrong by the chance that is named above. */
  has(id: string): boolean {
    this.#fingerprint(id);
    return this.#slotOf(this.#low, this.#high) === null;
  }

  /** Leaves the fingerprint in `#low` and `#high`: an object for the two would be one for each id. */
  #fingerprint(id: string): void {
    let low = this.#seed[0] ?? 0;
    let high = this.#seed[1] ?? 0;
    // Two lanes, each fed by the other, as in MurmurHash3 for 128 bits; two UTF-16 units at a time.
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

  /** The first empty slot from a fingerprint's own on; `null` where the fingerprint is there. */
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

  /** @returns whether the fingerprint was not there yet */
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
    // Gives the memory back now: a garbage collection may be far off, and the tables before this one add up.
    before.buffer.transfer(0);
  }
}
