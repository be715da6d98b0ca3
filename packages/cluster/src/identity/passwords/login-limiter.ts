import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

/** Too many wrong passwords; the message names nobody. */
export class TooManyLoginsError extends Error {
  override readonly name = 'TooManyLoginsError';
  readonly code = 'TOO_MANY_LOGINS';

  constructor(readonly retryAfterSeconds: number) {
    super(`too many failed logins; try again in ${retryAfterSeconds} seconds`);
  }
}

/** How many wrong passwords are let through at once, and in how many seconds one more. */
interface Allowance {
  burst: number;
  secondsEach: number;
}

/**
 * A user is limited for each address, so that nobody can lock another one out; an address for all users together, and a user for
 * all addresses, which takes a crowd.
 */
const ALLOWANCES = {
  userAndAddress: { burst: 10, secondsEach: 6 },
  address: { burst: 50, secondsEach: 1 },
  user: { burst: 200, secondsEach: 1 },
} as const satisfies Record<string, Allowance>;

const MAX_REMEMBERED = 10_000;

/** Lets so many wrong passwords through and no more. Remembers a bounded number of users and addresses. */
export class LoginLimiter {
  /** When the allowance of a key is whole again, in milliseconds. */
  private readonly wholeAt = new LRUCache<string, number>({ max: MAX_REMEMBERED });

  constructor(private readonly now: () => number) {}

  /**
   * Counts an attempt; before the password is checked, so that many at once count, too. Errors: {@link TooManyLoginsError}.
   * Answers what takes the attempt back, when the password was right.
   */
  attempt(user: string, address: string): () => void {
    const keys = keysOf(user, address);
    const wait = Math.max(...keys.map(([key, allowance]) => this.waitFor(key, allowance)));
    if (wait > 0) throw new TooManyLoginsError(Math.ceil(wait / 1000));
    for (const [key, { secondsEach }] of keys) this.move(key, secondsEach * 1000);
    return () => {
      for (const [key, { secondsEach }] of keys) this.move(key, -secondsEach * 1000);
    };
  }

  private waitFor(key: string, { burst, secondsEach }: Allowance): number {
    const missing = (this.wholeAt.get(key) ?? 0) - this.now();
    return missing - (burst - 1) * secondsEach * 1000;
  }

  private move(key: string, milliseconds: number): void {
    this.wholeAt.set(key, Math.max(this.wholeAt.get(key) ?? 0, this.now()) + milliseconds);
  }
}

function keysOf(user: string, address: string): [string, Allowance][] {
  const network = networkOf(address);
  return [
    [JSON.stringify(['both', user, network]), ALLOWANCES.userAndAddress],
    [JSON.stringify(['address', network]), ALLOWANCES.address],
    [JSON.stringify(['user', user]), ALLOWANCES.user],
  ];
}

/** An IPv6 customer has a network of 2⁶⁴ addresses. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address.replace(/^::ffff:/, '');
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const before = head.split(':').filter((part) => part !== '');
  const after = (tail ?? '').split(':').filter((part) => part !== '');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
