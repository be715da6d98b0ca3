import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Progress } from './progress.js';

/** A stream that keeps what is written, and a clock that is moved by hand. */
function fakeScreen(isTTY: boolean) {
  const screen = { text: '', time: 0 };
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    screen.text += chunk.toString();
    done();
  };
  const stream = Object.assign(new Writable({ write }), { isTTY });
  return { screen, options: { stream, now: () => screen.time } };
}

describe('progress in a file or pipe', () => {
  it('writes a plain line every five seconds', () => {
    const { screen, options } = fakeScreen(false);
    const progress = new Progress({ quiet: false, ...options });
    for (const second of [1, 4, 5, 6, 9, 10, 11]) {
      screen.time = second * 1000;
      progress.count('blobs looked at', second);
    }
    screen.time = 15_000;
    progress.bytes('reading blobs', 1024, 4096);
    progress.end();
    expect(screen.text).toBe('blobs looked at: 5\nblobs looked at: 10\nreading blobs: 1.0 KiB of 4.0 KiB\n');
  });

  it('says nothing when quiet', () => {
    const { screen, options } = fakeScreen(false);
    const progress = new Progress({ quiet: true, ...options });
    screen.time = 60_000;
    progress.count('blobs', 1);
    progress.bytes('blobs', 1, 2);
    progress.end();
    expect(screen.text).toBe('');
  });
});

describe('progress on a terminal', () => {
  it('counts in one line and leaves it empty', () => {
    const { screen, options } = fakeScreen(true);
    const progress = new Progress({ quiet: false, ...options });
    progress.count('repositories marked', 1);
    progress.count('repositories marked', 2);
    progress.end();
    progress.end();
    const clear = '\r\u001b[K';
    expect(screen.text).toBe(`${clear}repositories marked: 1${clear}repositories marked: 2${clear}`);
  });

  it('draws a bar for work of known length', () => {
    const { screen, options } = fakeScreen(true);
    const stream = Object.assign(options.stream, { cursorTo: () => true, clearLine: () => true });
    const progress = new Progress({ quiet: false, ...options, stream });
    progress.bytes('reading blobs', 0, 2048);
    progress.bytes('reading blobs', 2048, 2048);
    progress.end();
    expect(screen.text).toMatch(/reading blobs █+ 100% of 2\.0 KiB/);
  });

  it('draws nothing when quiet', () => {
    const { screen, options } = fakeScreen(true);
    const progress = new Progress({ quiet: true, ...options });
    progress.bytes('reading blobs', 1, 2);
    progress.end();
    expect(screen.text).toBe('');
  });
});
