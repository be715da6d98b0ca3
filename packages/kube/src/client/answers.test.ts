import { beforeEach, expect, it } from 'vitest';
import { Answers } from './answers.js';

let now: number;
let asked: string[];
let answers: Answers<boolean>;

beforeEach(() => {
  now = 0;
  asked = [];
  answers = new Answers({ believedFor: (answer) => (answer ? 10 : 2), max: 2, now: () => now });
});

const ask = (question: string, answer = true) =>
  answers.of(question, async () => {
    asked.push(question);
    return answer;
  });

it('asks once for all who wait, and answers at once while it believes the answer', async () => {
  expect(await Promise.all([ask('a'), ask('a'), ask('b', false)])).toEqual([true, true, false]);
  now = 1;
  expect([ask('a'), ask('b')]).toEqual([true, false]);
  now = 2;
  expect(await ask('b')).toBe(true);
  now = 9;
  expect(ask('a')).toBe(true);
  now = 10;
  await ask('a');
  expect(asked).toEqual(['a', 'b', 'b', 'a']);
});

it('forgets what was not asked for lately', async () => {
  for (const question of ['a', 'b', 'a', 'c']) await ask(question);
  expect(ask('a')).toBe(true);
  expect(ask('b')).toBeInstanceOf(Promise);
});

it('does not remember that it could not ask', async () => {
  const fail = () => Promise.reject(new Error('gone'));
  const failures = await Promise.allSettled([answers.of('a', fail), answers.of('a', fail)]);
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask('a')).toBe(true);
});
