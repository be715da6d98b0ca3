const LINE_END = 0x0a;

/** Follows a body in chunks (RFC 9112, 7.1) to its end without keeping it. */
export class ChunkedBody {
  /** Bytes of content so far. */
  bytes = 0;
  done = false;
  private line = '';
  /** Bytes that are still to come of a chunk and the line end behind it. */
  private left = 0;
  private inTrailer = false;

  /** Takes the next piece of the connection's bytes. Errors: RangeError for a chunk without a size. */
  take(data: Buffer): void {
    for (let at = 0; at < data.length && !this.done;) {
      if (this.left > 0) {
        const length = Math.min(this.left, data.length - at);
        this.bytes += Math.max(0, Math.min(length, this.left - 2));
        this.left -= length;
        at += length;
        continue;
      }
      const end = data.indexOf(LINE_END, at);
      this.line += data.toString('latin1', at, end < 0 ? data.length : end);
      if (end < 0) return;
      at = end + 1;
      this.takeLine(this.line.trim());
      this.line = '';
    }
  }

  private takeLine(line: string): void {
    if (this.inTrailer) {
      this.done = line === '';
      return;
    }
    const size = Number.parseInt(line, 16);
    if (!(size >= 0)) throw new RangeError('a chunk without a size');
    this.inTrailer = size === 0;
    this.left = size === 0 ? 0 : size + 2;
  }
}
