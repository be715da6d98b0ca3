/** The thread that writes what uploads bring into files. */
import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { PIECE_BYTES, type WriteAnswer, type WriteRequest } from './write-thread.js';

function write({ fd, memory, start, length, position }: WriteRequest): WriteAnswer {
  const bytes = new Uint8Array(memory, start, length);
  try {
    for (let done = 0; done < length;) {
      const written = writeSync(fd, bytes, done, Math.min(PIECE_BYTES, length - done), position + done);
      if (written === 0) throw new Error('the file system takes no more bytes, but reports no error');
      done += written;
    }
    return undefined;
  } catch (error) {
    const { message, code, errno } = error as NodeJS.ErrnoException;
    return { message, code, errno };
  }
}

parentPort?.on('message', (request: WriteRequest) => parentPort?.postMessage(write(request)));
