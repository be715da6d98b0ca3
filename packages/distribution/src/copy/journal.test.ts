import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal } from './journal.js';

const newPath = () => join(temporaryFolder('journal'), 'below/journal');

describe('a journal', () => {
  it('keeps the last value of each key', async () => {
    const path = newPath();
    const journal = await Journal.open(path);
    journal.set('a', '1');
    journal.set('b', '2');
    journal.set('a', '3');
    await journal.flush();
    await journal.close();
    const again = await Journal.open(path);
    expect(['a', 'b', 'c'].map((key) => again.get(key))).toEqual(['3', '2', undefined]);
    await again.close();
    expect(readFileSync(path, 'utf8')).toBe('longshore journal 1\na\t3\nb\t2\n');
  });

  it('loses what is torn and nothing else, wherever a write was cut', async () => {
    const facts = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.stringMatching(/^[a-z0-9 ]{0,8}$/)), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(facts, fc.nat(200), async (drawn, cut) => {
        const path = newPath();
        const journal = await Journal.open(path);
        for (const [key, value] of drawn) journal.set(key, value);
        await journal.flush();
        await journal.close();
        const whole = readFileSync(path, 'utf8');
        truncateSync(path, Math.min(cut, whole.length));
        const expected = new Map<string, string>();
        const [head, ...lines] = whole.slice(0, cut).split('\n').slice(0, -1);
        if (head !== undefined)
          for (const line of lines) expected.set(line.split('\t')[0] ?? '', line.split('\t')[1] ?? '');
        const again = await Journal.open(path);
        for (const key of ['a', 'b', 'c']) expect(again.get(key)).toBe(expected.get(key));
        await again.close();
      }),
      { numRuns: 40 },
    );
  });

  it.each(['', 'something else\na\t1\n', '\0\0\0\0', 'longshore journal 1\nno tab\n\t\t\n'])(
    'that is %j is begun anew',
    async (text) => {
      const path = newPath();
      await (await Journal.open(path)).close();
      writeFileSync(path, text);
      const journal = await Journal.open(path);
      expect(journal.get('a')).toBeUndefined();
      await journal.close();
    },
  );

  it('that is only looked at is not written', async () => {
    const path = newPath();
    expect((await Journal.peek(path)).get('a')).toBeUndefined();
    const journal = await Journal.open(path);
    await journal.close();
    appendFileSync(path, 'a\t1\n');
    const peeked = await Journal.peek(path);
    expect(peeked.get('a')).toBe('1');
    peeked.set('b', '2');
    await peeked.flush();
    expect(readFileSync(path, 'utf8')).toBe('longshore journal 1\na\t1\n');
  });

  it('takes nothing that would be read as something else', async () => {
    const journal = await Journal.open(newPath());
    expect(() => journal.set('a', '1\nb\t2')).toThrow(/no line/);
    await journal.close();
  });
});
