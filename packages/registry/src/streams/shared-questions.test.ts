import { expect, it } from 'vitest';
import { SharedQuestions } from './shared-questions.js';

/** Questions that are answered when the test says so, with their number. */
function scene() {
  const shared = new SharedQuestions<number>();
  const answers: (() => void)[] = [];
  const failures: (() => void)[] = [];
  const ask = (key = 'a') =>
    shared.ask(key, () => {
      const number = answers.length + 1;
      return new Promise((resolve, reject) => {
        answers.push(() => resolve(number));
        failures.push(() => reject(new Error('no')));
      });
    });
  return { ask, answers, failures };
}

it('answers those who come later by the next question, all by one', async () => {
  const { ask, answers } = scene();
  const first = ask();
  const others = [ask(), ask(), ask()];
  expect(answers).toHaveLength(1);
  answers[0]?.();
  expect(await first).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  const late = ask();
  expect(answers).toHaveLength(2);
  answers[1]?.();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  await new Promise((resolve) => setImmediate(resolve));
  answers[2]?.();
  expect(await late).toBe(3);
});

it('asks the next question though the one before fails', async () => {
  const { ask, answers, failures } = scene();
  const [first, second] = [ask(), ask()];
  failures[0]?.();
  await expect(first).rejects.toThrow('no');
  await new Promise((resolve) => setImmediate(resolve));
  answers[1]?.();
  expect(await second).toBe(2);
});

it('keeps questions apart by their key', () => {
  const { ask, answers } = scene();
  void ask('a');
  void ask('b');
  expect(answers).toHaveLength(2);
});
