import { randomInt } from 'node:crypto';
import type { Digest } from '@longshore/oci';
import { TypedList } from './typed-list.js';

const WORDS = 8;
const PREFIX = 'sha256:';
const LENGTH = PREFIX.length + WORDS * 8;
const FIRST_SLOTS = 2048;

/** The value of each hexadecimal digit by its code; -1 for other characters. */
const HEX = new Int8Array(128).fill(-1);
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX[digit.charCodeAt(0)] = value;

/**
 * Digests as whole numbers from 0 on, so that edges between millions of them fit in memory: 32 bytes for each sha256, and 8
 * of an open hash table. Other texts (sha512, or none at all) are kept as they are.
 */
export class DigestTable {
  private readonly words = new TypedList(Uint32Array);
  /** Number + 1 of the digest that a slot holds; 0 when it is free. */
  private slots = new Int32Array(FIRST_SLOTS);
  private readonly others = new Map<string, number>();
  private readonly otherTexts = new Map<number, string>();
  /** The digest that was read last. */
  private readonly read = new Uint32Array(WORDS);
  /** Digests come from outside: nobody may choose some that fall into the same slot. */
  private readonly seed = randomInt(2 ** 32);
  size = 0;

  /** The number of a digest, a new one when it has none. */
  intern(text: string): number {
    if (!this.readSha256(text)) return this.internOther(text);
    const slot = this.slotOfRead();
    const held = this.slots[slot] as number;
    if (held > 0) return held - 1;
    for (let word = 0; word < WORDS; word++) this.words.push(this.read[word] as number);
    this.slots[slot] = ++this.size;
    if (this.size * 2 > this.slots.length) this.rehash();
    return this.size - 1;
  }

  /** The number of a digest, or undefined when it has none. */
  find(text: string): number | undefined {
    if (!this.readSha256(text)) return this.others.get(text);
    const held = this.slots[this.slotOfRead()] as number;
    return held > 0 ? held - 1 : undefined;
  }

  text(id: number): Digest {
    const other = this.otherTexts.get(id);
    if (other !== undefined) return other as Digest;
    let hex = PREFIX;
    for (let word = 0; word < WORDS; word++)
      hex += this.words
        .at(id * WORDS + word)
        .toString(16)
        .padStart(8, '0');
    return hex as Digest;
  }

  private internOther(text: string): number {
    const known = this.others.get(text);
    if (known !== undefined) return known;
    const id = this.size++;
    for (let word = 0; word < WORDS; word++) this.words.push(0);
    this.others.set(text, id);
    this.otherTexts.set(id, text);
    return id;
  }

  private readSha256(text: string): boolean {
    if (text.length !== LENGTH || !text.startsWith(PREFIX)) return false;
    let position = PREFIX.length;
    for (let word = 0; word < WORDS; word++) {
      let value = 0;
      for (const end = position + 8; position < end; position++) {
        const digit = HEX[text.charCodeAt(position)] ?? -1;
        if (digit < 0) return false;
        value = (value << 4) | digit;
      }
      this.read[word] = value;
    }
    return true;
  }

  private slotOfRead(): number {
    const { read, slots, words } = this;
    const mask = slots.length - 1;
    for (let slot = this.hash(read, 0) & mask; ; slot = (slot + 1) & mask) {
      const held = slots[slot] as number;
      if (held === 0) return slot;
      const start = (held - 1) * WORDS;
      let word = 0;
      while (word < WORDS && words.items[start + word] === read[word]) word++;
      if (word === WORDS) return slot;
    }
  }

  private hash(words: Uint32Array, start: number): number {
    let hash = this.seed;
    for (let word = 0; word < WORDS; word++) {
      hash = Math.imul(hash ^ (words[start + word] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.size; id++) {
      if (this.otherTexts.has(id)) continue;
      let slot = this.hash(this.words.items, id * WORDS) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.slots = slots;
  }
}
