import type { Socket } from 'node:net';
import { kParser } from './undici.js';

/** What undici reads answers with, as far as it matters here. */
interface Parser {
  paused: boolean;
  ptr: number | null;
  llhttp: { llhttp_resume: (ptr: number) => void };
  resume: () => void;
}

/**
 * Lets an answer come to its end whose connection ends while nobody reads on: undici 7 asserts that its parser is not paused then,
 * which ends the process (nodejs/undici#5360). Changes the socket in place; call before undici listens to it.
 */
export function finishPaused<T extends Socket>(socket: T): T {
  const goOn = () => {
    const parser = (socket as unknown as Record<symbol, Parser | null | undefined>)[kParser];
    if (!parser?.paused || parser.ptr === null) return;
    // With a known length the answer may be whole. What nobody has read yet waits in its body.
    parser.resume();
    // Else it is undici who judges whether it is.
    if (!parser.paused || parser.ptr === null) return;
    parser.llhttp.llhttp_resume(parser.ptr);
    parser.paused = false;
  };
  for (const event of ['end', 'error', 'close']) socket.on(event, goOn);
  return socket;
}
