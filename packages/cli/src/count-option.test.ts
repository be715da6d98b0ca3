import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { countOption } from './count-option.js';

const parse = (text: string) => countOption('--most <n>', 'how many', 100).parseArg?.(text, undefined);

it.each(['1', '10', '100'])('takes %s', (text) => {
  expect(parse(text)).toBe(Number(text));
});

it.each(['', '0', '101', '1.5', '1e1', '0x10', '-1', ' 1', '9999999999'])('takes no %j', (text) => {
  expect(() => parse(text)).toThrow(new InvalidArgumentError('It is a whole number from 1 to 100.'));
});
