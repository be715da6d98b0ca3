import { describe, expect, it } from 'vitest';
import { stopWorker } from './worker-stop.js';

const failing = () => Promise.reject(new Error('the disk is gone'));

describe('stopWorker', () => {
  it.each([
    ['nothing that ran', () => undefined, []],
    ['what ended well', async () => ({ stop: () => Promise.resolve() }), []],
    ['what never started', failing, []],
    ['what ended badly', async () => ({ stop: failing }), [{ type: 'stop-failed', message: 'the disk is gone' }]],
  ])('says of %s', async (_what, run, expected) => {
    const said: unknown[] = [];
    await stopWorker(run(), (message) => said.push(message));
    expect(said).toEqual(expected);
  });
});
