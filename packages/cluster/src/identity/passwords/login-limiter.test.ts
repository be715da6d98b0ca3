import { describe, expect, it } from 'vitest';
import { LoginLimiter, TooManyLoginsError } from './login-limiter.js';

function make() {
  const clock = { now: 1_000_000 };
  const limiter = new LoginLimiter(() => clock.now);
  const attempts = (
    count: number,
    user: string | ((index: number) => string),
    address: string | ((index: number) => string),
  ) => {
    let passed = 0;
    for (let index = 0; index < count; index++) {
      try {
        limiter.attempt(
          typeof user === 'string' ? user : user(index),
          typeof address === 'string' ? address : address(index),
        );
        passed++;
      } catch (error) {
        expect(error).toBeInstanceOf(TooManyLoginsError);
      }
    }
    return passed;
  };
  return { clock, limiter, attempts };
}

describe('LoginLimiter', () => {
  it('lets ten failures of a user from one address through, then one each six seconds', () => {
    const { clock, limiter, attempts } = make();
    expect(attempts(20, 'alice', '10.0.0.1')).toBe(10);
    expect(() => limiter.attempt('alice', '10.0.0.1')).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_LOGINS', retryAfterSeconds: 6 }) as Error,
    );
    clock.now += 5999;
    expect(attempts(2, 'alice', '10.0.0.1')).toBe(0);
    clock.now += 1;
    expect(attempts(2, 'alice', '10.0.0.1')).toBe(1);
    clock.now += 60_000;
    expect(attempts(20, 'alice', '10.0.0.1')).toBe(10);
  });

  it('locks nobody out from elsewhere', () => {
    const { attempts } = make();
    attempts(100, 'alice', '10.0.0.1');
    expect(attempts(5, 'alice', '10.0.0.2')).toBe(5);
  });

  it('bounds one address over all users, and one user over all addresses', () => {
    const { attempts } = make();
    expect(attempts(100, (index) => `user${index}`, '10.0.0.1')).toBe(50);
    expect(attempts(300, 'bob', (index) => `10.1.0.${index}`)).toBe(200);
  });

  it('takes an IPv6 network for one address', () => {
    const { attempts } = make();
    expect(attempts(20, 'alice', (index) => `2001:db8::1:${index}`)).toBe(10);
    expect(attempts(1, 'alice', '2001:db8:0:1::1')).toBe(1);
    expect(attempts(10, 'bob', '::ffff:10.0.0.9')).toBe(10);
    expect(attempts(1, 'bob', '10.0.0.9')).toBe(0);
  });

  it('does not count what was taken back', () => {
    const { limiter, attempts } = make();
    for (let index = 0; index < 100; index++) limiter.attempt('alice', '10.0.0.1')();
    expect(attempts(20, 'alice', '10.0.0.1')).toBe(10);
  });
});
