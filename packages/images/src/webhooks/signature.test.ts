import { describe, expect, it } from 'vitest';
import { signatureHeaders, signingKeyOf } from './signature.js';

describe('signingKeyOf', () => {
  const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
  it.each<[string, string, number | undefined]>([
    ['the shortest', secret(24), 24],
    ['the longest', secret(64), 64],
    ['too short a key', secret(23), undefined],
    ['too long a key', secret(65), undefined],
    ['no prefix', secret(32).slice(6), undefined],
    ['no Base64', `whsec_${'*'.repeat(40)}`, undefined],
    ['nothing', '', undefined],
  ])('of %s', (_name, text, length) => {
    expect(signingKeyOf(text)?.length).toBe(length);
  });
});

describe('signatureHeaders', () => {
  it('are those of the Standard Webhooks libraries', () => {
    const key = signingKeyOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw') as Buffer;
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    expect(signatureHeaders(key, id, 1_614_265_330_999, '{"test": 2432232314}')).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });
});
