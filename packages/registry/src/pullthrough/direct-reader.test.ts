import { randomBytes } from 'node:crypto';
import { RemoteError } from '@longshore/distribution';
import { describe, expect, it } from 'vitest';
import { ScriptedSource } from '../testing/scripted-source.js';
import { DirectReader } from './direct-reader.js';

const sourceOf = (length: number) => new ScriptedSource(randomBytes(length));
const readerOf = (source: ScriptedSource) => new DirectReader(source.content.length, source);

async function readPart(reader: DirectReader, position: number, length: number): Promise<Buffer> {
  const target = Buffer.alloc(length);
  return target.subarray(0, await reader.read(target, position));
}

describe('a reader of upstream', () => {
  it('reads one answer from front to back, in pieces of any size', async () => {
    const source = sourceOf(1000);
    const reader = readerOf(source);
    const first = readPart(reader, 0, 300);
    await Promise.resolve();
    source.sendUntil(500);
    expect(await first).toEqual(source.content.subarray(0, 300));
    expect(await readPart(reader, 300, 900)).toEqual(source.content.subarray(300, 500));
    source.finish();
    expect(await readPart(reader, 500, 900)).toEqual(source.content.subarray(500));
    expect(await readPart(reader, 1000, 900)).toEqual(Buffer.alloc(0));
    expect(source.opened).toEqual([0]);
  });

  it('asks for nothing before it is read, and then from where it is read', async () => {
    const source = sourceOf(1000);
    const reader = readerOf(source);
    expect(source.opened).toEqual([]);
    const part = readPart(reader, 700, 1000);
    await Promise.resolve();
    source.finish();
    expect(await part).toEqual(source.content.subarray(700));
    expect(source.opened).toEqual([700]);
  });

  it('fails as upstream does, and lets go of it when it is closed', async () => {
    const source = sourceOf(1000);
    const reader = readerOf(source);
    const failure = new RemoteError('UNAVAILABLE', 'up.example breaks off');
    const part = readPart(reader, 0, 10);
    await Promise.resolve();
    source.fail(failure);
    await expect(part).rejects.toBe(failure);
    const next = readPart(reader, 100, 10);
    await Promise.resolve();
    await reader.close();
    await expect(next).rejects.toThrow('aborted');
    expect(source.opened).toEqual([0, 100]);
  });
});
