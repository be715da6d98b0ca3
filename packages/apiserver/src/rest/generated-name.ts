import { randomInt } from 'node:crypto';

/** Without vowels and look-alikes, so that no words come out (apimachinery, `rand.SafeEncodeString`). */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const RANDOM_LENGTH = 5;
const MAX_PREFIX = 63 - RANDOM_LENGTH;

/** So often a clash leads to another try (kube-apiserver 1.32, `RetryGenerateName`). */
export const MAX_NAME_TRIES = 8;

/** `web-` -> `web-x7k2p`. Long prefixes are cut, so that the name is no longer than 63 characters. */
export function generateName(prefix: string): string {
  let name = prefix.slice(0, MAX_PREFIX);
  for (let i = 0; i < RANDOM_LENGTH; i++) name += LETTERS[randomInt(LETTERS.length)];
  return name;
}
