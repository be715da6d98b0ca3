import { getCiphers } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { cipherSuiteNames, opensslCiphers } from './cipher-suites.js';

describe('opensslCiphers', () => {
  it('joins the names, each once', () => {
    const suites = ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'];
    expect(opensslCiphers([...suites, 'TLS_AES_128_GCM_SHA256'])).toBe(
      'ECDHE-RSA-CHACHA20-POLY1305:TLS_AES_128_GCM_SHA256',
    );
  });

  it.each(cipherSuiteNames)('Node knows %s', (suite) => {
    expect(getCiphers()).toContain(opensslCiphers([suite]).toLowerCase());
  });
});
