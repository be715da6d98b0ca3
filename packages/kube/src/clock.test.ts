import { expect, it } from 'vitest';
import { systemClock } from './clock.js';

it('sleeps longer than timers of Node can, and wakes for a signal', async () => {
  const abort = new AbortController();
  const long = systemClock.sleep(2 ** 32, abort.signal);
  const first = await Promise.race([long.then(() => 'long'), systemClock.sleep(5).then(() => 'short')]);
  expect(first).toBe('short');
  abort.abort(new Error('enough'));
  await expect(long).rejects.toThrow('enough');
  await expect(systemClock.sleep(0, AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
});
