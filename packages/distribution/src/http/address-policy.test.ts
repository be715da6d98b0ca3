import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicAddressesOnly } from './address-policy.js';

const target = (address: string, host = 'registry.example.com', port = 443) => ({ address, host, port });

describe('publicAddressesOnly', () => {
  it.each([
    '8.8.8.8',
    '172.15.255.255',
    '192.169.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::1',
  ])('allows %s', (address) => expect(publicAddressesOnly()(target(address))).toBe(true));

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::7f00:1',
    '::808:808',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b::a00:1',
    '64:ff9b:1::808:808',
    '2002:7f00:1::1',
    'not an address',
    '',
  ])('refuses %j', (address) => expect(publicAddressesOnly()(target(address))).toBe(false));

  it.each([
    [['10.1.0.0/16'], target('10.1.2.3'), true],
    [['10.1.0.0/16'], target('10.2.2.3'), false],
    [['10.1.0.0/16'], target('::ffff:10.1.2.3'), true],
    [['fd00::/8'], target('fd12::1'), true],
    [['127.0.0.1'], target('127.0.0.1'), true],
    [['127.0.0.1'], target('127.0.0.2'), false],
    [['[::1]'], target('::1'), true],
    [['mirror.local'], target('10.0.0.1', 'mirror.local', 5000), true],
    [['mirror.local:5000'], target('10.0.0.1', 'mirror.local', 5000), true],
    [['mirror.local:5000'], target('10.0.0.1', 'mirror.local', 5001), false],
    [['Mirror.local:443'], target('10.0.0.1', 'mirror.local', 443), true],
    [['*.corp.example'], target('10.0.0.1', 'a.b.corp.example'), true],
    [['*.corp.example'], target('10.0.0.1', 'corp.example'), false],
    [['*.corp.example'], target('10.0.0.1', 'evilcorp.example'), false],
  ])('with %j: %j is %j', (allow, where, expected) => expect(publicAddressesOnly({ allow })(where)).toBe(expected));

  it('refuses a range that is none', () => {
    expect(() => publicAddressesOnly({ allow: ['10.0.0.0/33'] })).toThrow(RangeError);
  });

  it('judges an IPv4 address alike in each of its IPv6 forms', () => {
    const allows = publicAddressesOnly();
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const expected = allows(target(address));
        const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
        const [a, b] = [`${hex[0]}${hex[1]}`, `${hex[2]}${hex[3]}`];
        for (const form of [`::ffff:${address}`, `64:ff9b::${a}:${b}`, `2002:${a}:${b}::`]) {
          expect([form, allows(target(form))]).toEqual([form, expected]);
        }
      }),
    );
  });
});
