type TypedArray = Int32Array | Float64Array | Uint8Array | Uint32Array;

const FIRST_CAPACITY = 1024;

/** Numbers in a row that grow: a million of them take their bytes and no objects. */
export class TypedList<A extends TypedArray> {
  length = 0;
  items: A;

  constructor(private readonly type: new (length: number) => A) {
    this.items = new type(FIRST_CAPACITY);
  }

  /** Returns the index of the new number. */
  push(value: number): number {
    if (this.length === this.items.length) this.resize(this.length + 1);
    this.items[this.length] = value;
    return this.length++;
  }

  /** Zero where nothing was set. */
  at(index: number): number {
    return index < this.length ? (this.items[index] as number) : 0;
  }

  set(index: number, value: number): void {
    if (index >= this.items.length) this.resize(index + 1);
    if (index >= this.length) this.length = index + 1;
    this.items[index] = value;
  }

  private resize(least: number): void {
    const larger = new this.type(Math.max(least, this.items.length * 2));
    larger.set(this.items);
    this.items = larger;
  }
}
