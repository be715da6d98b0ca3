import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { listSegments, segmentName, type ContainerLog } from './container-log.js';
import { parseLogLine, type LogLine } from './log-line.js';
import type { LogOptions } from './log-options.js';

/** One run of a container. */
export interface LogPlace {
  folder: string;
  restart: number;
  /** When it is still written. */
  writer?: ContainerLog;
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The output of a container as `kubectl logs` shows it, in pieces; with `follow` until the container or the reader ends. */
export async function* readLog(place: LogPlace, options: LogOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { since, timestamps, tailLines, limitBytes = Infinity } = options;
  let left = limitBytes;
  let skip = 0;
  if (tailLines !== undefined) skip = Math.max(0, (await countLines(place, signal)) - tailLines);
  let isContinued = false;
  for await (const lines of logLines(place, options.follow, signal)) {
    const shown: Buffer[] = [];
    for (const { time, text, isWhole } of lines) {
      const isStart = !isContinued;
      isContinued = !isWhole;
      if (skip > 0) {
        if (isWhole) skip--;
        continue;
      }
      if (since !== undefined && Date.parse(time) < since) continue;
      if (timestamps && isStart) shown.push(Buffer.from(`${time} `));
      shown.push(text);
      if (isWhole) shown.push(Buffer.from('\n'));
    }
    const bytes = Buffer.concat(shown).subarray(0, left);
    left -= bytes.length;
    if (bytes.length > 0) yield bytes;
    if (left <= 0) return;
  }
}

async function countLines(place: LogPlace, signal: AbortSignal): Promise<number> {
  let count = 0;
  let isContinued = false;
  for await (const lines of logLines(place, false, signal)) {
    for (const { isWhole } of lines) {
      if (isWhole) count++;
      isContinued = !isWhole;
    }
  }
  return isContinued ? count + 1 : count;
}

/** The lines of all segments; those that are cut off at the end of a file are left out. */
async function* logLines(
  { folder, restart, writer }: LogPlace,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  let version = 0;
  const followed = () => (follow && writer?.isOpen && !signal.aborted ? writer : undefined);
  for (let segment = 0; ;) {
    version = writer?.version ?? 0;
    const next = (await listSegments(folder, restart)).find((one) => one > segment);
    if (next !== undefined) {
      segment = next;
      yield* segmentLines(join(folder, segmentName(restart, segment)), {
        begin: () => (version = writer?.version ?? 0),
        more: async () => {
          const wasFollowed = followed();
          if ((await listSegments(folder, restart)).some((one) => one > segment)) return false;
          await wasFollowed?.beyond(version, signal);
          return wasFollowed !== undefined;
        },
      });
    } else {
      const open = followed();
      if (open === undefined) return;
      await open.beyond(version, signal);
    }
  }
}

interface Following {
  /** Called before each look. */
  begin(): void;
  /** Asked at the end of the file, whether it may become longer; answers when it has. */
  more(): Promise<boolean>;
}

async function* segmentLines(path: string, following: Following): AsyncGenerator<LogLine[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return;
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let isOver = false; ;) {
      following.begin();
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) {
        // Once more after the last change: it may have been this file's.
        if (isOver) return;
        isOver = !(await following.more());
        continue;
      }
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf(NEWLINE);
      rest = Buffer.from(bytes.subarray(end + 1));
      if (end >= 0) yield parsed(bytes.subarray(0, end));
    }
  } finally {
    await file.close();
  }
}

function parsed(bytes: Buffer): LogLine[] {
  const lines: LogLine[] = [];
  for (let start = 0; start <= bytes.length;) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    const line = parseLogLine(bytes.subarray(start, end));
    if (line !== undefined) lines.push(line);
    start = end + 1;
  }
  return lines;
}
