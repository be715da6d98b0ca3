import { describe, expect, it } from 'vitest';
import { formatCheck } from './format.js';

describe('formats of custom resources', () => {
  it.each<[string, string[], string[]]>([
    ['ipv4', ['10.0.0.1'], ['10.0.0', '::1', '']],
    ['ipv6', ['::1', 'fe80::1'], ['10.0.0.1', ':::']],
    ['cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/8']],
    ['mac', ['00:1b:44:11:3a:b7', '00-1b-44-11-3a-b7'], ['00:1b:44:11:3a', 'x']],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
    ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']],
    ['date', ['2024-02-29'], ['2023-02-29', '2024-1-1', 'x']],
    ['date-time', ['2024-02-29T10:00:00Z', '2024-02-29t10:00:00.5+01:00'], ['2024-02-29', '2024-02-30T10:00:00Z']],
    ['duration', ['1h30m', '0', '3 days', '-5s'], ['', '1x', '1h 30m']],
    ['byte', ['YQ==', ''], ['YQ=', 'a*==']],
    ['hostname', ['a.example.com'], ['-a.example.com', 'a..b']],
    ['email', ['a@example.com'], ['a', 'a@', '@a']],
    ['uri', ['https://example.com/x', '/path'], ['', 'no uri']],
    ['hexcolor', ['#fff', 'aabbcc'], ['#ff']],
    ['rgbcolor', ['rgb(1, 2,3)'], ['rgb(1,2)']],
    ['creditcard', ['4012888888881881'], ['4012888888881882', '1']],
    ['isbn10', ['0-306-40615-2'], ['0-306-40615-3']],
    ['isbn13', ['978-0-306-40615-7'], ['978-0-306-40615-8']],
    ['ssn', ['123-45-6789'], ['123-45-678']],
    ['bsonobjectid', ['507f1f77bcf86cd799439011'], ['507f']],
    ['password', ['anything'], []],
  ])('%s', (format, right, wrong) => {
    const check = formatCheck(format);
    expect(right.filter((text) => !check?.(text))).toEqual([]);
    expect(wrong.filter((text) => check?.(text))).toEqual([]);
  });

  it('are not checked when they are not known', () => {
    expect(formatCheck('color')).toBeUndefined();
    expect(formatCheck('constructor')).toBeUndefined();
  });
});
