/** Texts as whole numbers from 0 on. */
export class NameTable {
  private readonly ids = new Map<string, number>();
  private readonly texts: string[] = [];

  intern(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.push(text) - 1;
    this.ids.set(text, id);
    return id;
  }

  text(id: number): string {
    return this.texts[id] ?? '';
  }
}
