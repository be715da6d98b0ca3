import assert from 'node:assert/strict';
import type { FileReader, StorageDriver } from '../driver.js';
import { isNotFound, StorageError } from '../errors.js';
import type { StorageErrorCode } from '../errors.js';

/** One promise of `StorageDriver` and how to see that a driver keeps it. `check` gets an empty storage. */
export interface Behaviour {
  behaviour: string;
  check: (driver: StorageDriver) => Promise<void>;
}

/** Puts a short text, or the path itself. */
export async function putText(driver: StorageDriver, path: string, text = path): Promise<void> {
  await driver.put(path, Buffer.from(text));
}

export async function assertText(driver: StorageDriver, path: string, text = path): Promise<void> {
  assert.equal((await driver.get(path)).toString(), text);
}

export async function assertFails(code: StorageErrorCode, operation: () => unknown, about = ''): Promise<void> {
  await assert.rejects(
    async () => operation(),
    (error) => {
      assert.ok(error instanceof StorageError, `${about} should fail with a StorageError, not ${String(error)}`);
      assert.equal(error.code, code, about);
      return true;
    },
  );
}

export async function assertAbsent(driver: StorageDriver, path: string): Promise<void> {
  await assertFails('PATH_NOT_FOUND', () => driver.stat(path), path);
}

/** Bytes that differ from place to place, the same in each run. */
export function patternOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + (at >> 16)) & 0xff;
  return bytes;
}

/** Everything from `position` on, in reads of at most `step` bytes; fails when that is more than the reader's size. */
export async function readToEnd(reader: FileReader, position = 0, step = 64 * 1024): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = position; ;) {
    const target = Buffer.alloc(step);
    const count = await reader.read(target, at);
    if (count === 0) return Buffer.concat(parts);
    parts.push(target.subarray(0, count));
    at += count;
    assert.ok(at <= reader.size, 'a reader gives no more bytes than its size');
  }
}

/** Writes `chunks` one after another and closes. */
export async function writeChunks(
  driver: StorageDriver,
  path: string,
  chunks: readonly Uint8Array[],
  options?: { append?: boolean },
): Promise<void> {
  const writer = await driver.writer(path, options);
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}

/** Puts a file and returns when what the driver touches from now on is later than it, by the back end's own clock. */
export async function putOld(driver: StorageDriver, path: string): Promise<void> {
  await putText(driver, path);
  const { modified } = await driver.stat(path);
  const probe = '/clock-probe';
  for (let round = 0; ; round++) {
    assert.ok(round < 10_000, 'the clock of the back end stands still');
    await putText(driver, probe);
    if ((await driver.stat(probe)).modified > modified) break;
  }
  await driver.delete(probe);
}

/** True when `operation` succeeds, false when it finds nothing; other errors are thrown. */
export async function succeeds(operation: Promise<unknown>): Promise<boolean> {
  try {
    await operation;
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
