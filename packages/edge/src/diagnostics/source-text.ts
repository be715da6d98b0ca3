/** A place in a file as editors count it: lines and columns from 1, columns in UTF-16 code units. */
export interface Position {
  line: number;
  column: number;
}

/** A file's text that knows where its lines begin. */
export class SourceText {
  private readonly starts: number[] = [0];

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  get lineCount(): number {
    return this.starts.length;
  }

  /** Where an offset is; offsets outside the text are moved to its nearest end. */
  positionAt(offset: number): Position {
    const inside = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - (this.starts[low] ?? 0) + 1 };
  }

  /** The offset at which a line (from 1) begins. */
  lineStart(line: number): number {
    return this.starts[line - 1] ?? this.text.length;
  }

  /** A line's text without its line end. */
  lineText(line: number): string {
    const end = this.starts[line] ?? this.text.length + 1;
    return this.text.slice(this.lineStart(line), end - 1).replace(/\r$/, '');
  }
}
