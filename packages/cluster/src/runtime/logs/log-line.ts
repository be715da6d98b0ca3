/** A line of a container's output as kubelets keep them: `TIME stdout F TEXT`; `P` stands in lines that go on. */
export interface LogLine {
  /** RFC 3339 with a fraction. */
  time: string;
  stream: 'stdout' | 'stderr';
  isWhole: boolean;
  text: Buffer;
}

/** Longer lines are kept in pieces (containerd's `max_container_log_line_size`). */
export const MAX_LINE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** Cuts output into lines. */
export class LineSplitter {
  private rest: Buffer = Buffer.alloc(0);

  /** The lines that are complete with this chunk, without their ends. */
  push(chunk: Buffer): { text: Buffer; isWhole: boolean }[] {
    const lines: { text: Buffer; isWhole: boolean }[] = [];
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      const end = bytes.indexOf(NEWLINE);
      const isShort = end >= 0 && end <= MAX_LINE_BYTES;
      if (isShort) {
        lines.push({ text: bytes.subarray(0, end), isWhole: true });
        bytes = bytes.subarray(end + 1);
      } else if (bytes.length > MAX_LINE_BYTES) {
        lines.push({ text: bytes.subarray(0, MAX_LINE_BYTES), isWhole: false });
        bytes = bytes.subarray(MAX_LINE_BYTES);
      } else break;
    }
    this.rest = Buffer.from(bytes);
    return lines;
  }

  /** What is left when the output ends without an end of line. */
  end(): { text: Buffer; isWhole: boolean }[] {
    const text = this.rest;
    this.rest = Buffer.alloc(0);
    return text.length === 0 ? [] : [{ text, isWhole: false }];
  }
}

export function formatLogLine({ time, stream, isWhole, text }: LogLine): Buffer {
  return Buffer.concat([Buffer.from(`${time} ${stream} ${isWhole ? 'F' : 'P'} `), text, Buffer.from('\n')]);
}

/** Takes a line of a file apart, without its end; undefined for one that was cut off by a crash. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  const tag = line.toString('latin1', second + 1, third);
  if ((stream !== 'stdout' && stream !== 'stderr') || (tag !== 'F' && tag !== 'P')) return undefined;
  return { time: line.toString('latin1', 0, first), stream, isWhole: tag === 'F', text: line.subarray(third + 1) };
}
