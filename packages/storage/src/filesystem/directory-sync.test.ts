import { describe, expect, it } from 'vitest';
import { DirectorySync } from './directory-sync.js';

interface FakeCall {
  folder: string;
  end: () => void;
  fail: (error: Error) => void;
}

/** A file system whose syncs end when the test says so. */
function fakeFsync(): { calls: FakeCall[]; sync: DirectorySync } {
  const calls: FakeCall[] = [];
  const sync = new DirectorySync(
    (folder) => new Promise<void>((resolve, reject) => calls.push({ folder, end: resolve, fail: reject })),
  );
  return { calls, sync };
}

/** Lets every promise that can settle do so. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

function watch(promise: Promise<void>): { state: 'waiting' | 'done' | 'failed' } {
  const watched: { state: 'waiting' | 'done' | 'failed' } = { state: 'waiting' };
  promise.then(
    () => (watched.state = 'done'),
    () => (watched.state = 'failed'),
  );
  return watched;
}

describe('DirectorySync', () => {
  it('starts at once when nothing runs', async () => {
    const { calls, sync } = fakeFsync();
    const first = watch(sync.sync('/a'));
    expect(calls.map((call) => call.folder)).toEqual(['/a']);
    calls[0]?.end();
    await settle();
    expect(first.state).toBe('done');
  });

  it('lets all who come during a sync share the next one, and no earlier one', async () => {
    const { calls, sync } = fakeFsync();
    const first = watch(sync.sync('/a'));
    const late = Array.from({ length: 50 }, () => watch(sync.sync('/a')));
    await settle();
    expect(calls).toHaveLength(1);

    calls[0]?.end();
    await settle();
    expect(calls).toHaveLength(2);
    expect(first.state).toBe('done');
    expect(new Set(late.map(({ state }) => state))).toEqual(new Set(['waiting']));

    const later = watch(sync.sync('/a'));
    calls[1]?.end();
    await settle();
    expect(calls).toHaveLength(3);
    expect(new Set(late.map(({ state }) => state))).toEqual(new Set(['done']));
    expect(later.state).toBe('waiting');

    calls[2]?.end();
    await settle();
    expect(later.state).toBe('done');
    expect(calls).toHaveLength(3);
  });

  it('syncs different folders at the same time', () => {
    const { calls, sync } = fakeFsync();
    watch(sync.sync('/a'));
    watch(sync.sync('/b'));
    expect(calls.map((call) => call.folder)).toEqual(['/a', '/b']);
  });

  it('tells a failure to those who share the sync, and to nobody else', async () => {
    const { calls, sync } = fakeFsync();
    const first = watch(sync.sync('/a'));
    const second = watch(sync.sync('/a'));
    calls[0]?.fail(new Error('EIO'));
    await settle();
    expect([first.state, second.state]).toEqual(['failed', 'waiting']);
    const third = watch(sync.sync('/a'));
    calls[1]?.fail(new Error('EIO'));
    await settle();
    expect([second.state, third.state]).toEqual(['failed', 'waiting']);
    calls[2]?.end();
    await settle();
    expect(third.state).toBe('done');
  });

  it('starts afresh after a pause', async () => {
    const { calls, sync } = fakeFsync();
    for (const round of [0, 1, 2]) {
      const current = watch(sync.sync('/a'));
      expect(calls).toHaveLength(round + 1);
      calls[round]?.end();
      await settle();
      expect(current.state).toBe('done');
    }
  });

  it('counts a folder that is gone as synced', async () => {
    await expect(new DirectorySync().sync('/absent/folder')).resolves.toBeUndefined();
  });
});
