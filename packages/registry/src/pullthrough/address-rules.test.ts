import { describe, expect, it } from 'vitest';
import { addressRules } from './address-rules.js';

const rules = addressRules({
  allow: ['quay.corp', 'storage.corp:9000', '*.lab.corp', '10.1.0.0/16', '169.254.7.0/24', 'fd00:1::/32'],
  places: ['mirror.corp:5000/openshift', 'insecure.corp', '172.30.0.9:5000', 'Metadata.Corp', '[fd00:2::5]'],
});

describe('addresses for pull-through', () => {
  it.each([
    ['public', '8.8.8.8', 'up.example', 443, true],
    ['public IPv6', '2606:4700::1111', 'up.example', 443, true],
    ['loopback', '127.0.0.1', 'up.example', 443, false],
    ['private', '192.168.1.1', 'up.example', 443, false],
    ['private, as IPv6 wraps it', '::ffff:192.168.1.1', 'up.example', 443, false],
    ['unspecified', '0.0.0.0', 'up.example', 443, false],
    ['of an allowed host', '192.168.1.1', 'quay.corp', 8443, true],
    ['of an allowed host on its port', '192.168.1.1', 'storage.corp', 9000, true],
    ['of an allowed host on another port', '192.168.1.1', 'storage.corp', 22, false],
    ['of an allowed domain', '192.168.1.1', 'a.lab.corp', 443, true],
    ['of the domain itself', '192.168.1.1', 'lab.corp', 443, false],
    ['in an allowed network', '10.1.2.3', 'up.example', 443, true],
    ['beside an allowed network', '10.2.0.1', 'up.example', 443, false],
    ['in an allowed IPv6 network', 'fd00:1::5', 'up.example', 443, true],
    ['of a mirror', '192.168.1.1', 'mirror.corp', 5000, true],
    ['of a mirror on another port', '192.168.1.1', 'mirror.corp', 6443, false],
    ['of an insecure registry', '192.168.1.1', 'insecure.corp', 80, true],
    ['a named address', '172.30.0.9', '172.30.0.9', 5000, true],
    ['a named IPv6 address', 'fd00:2::5', 'fd00:2::5', 5000, true],
    ['of a host that is named in capitals', '192.168.1.1', 'metadata.corp', 80, true],
    ['link-local', '169.254.169.254', 'up.example', 80, false],
    ['link-local of an allowed host', '169.254.169.254', 'quay.corp', 80, false],
    ['link-local of a named host, as IPv6 wraps it', '::ffff:169.254.169.254', 'metadata.corp', 80, false],
    ['link-local of a named host, by NAT64', '64:ff9b::a9fe:a9fe', 'metadata.corp', 80, false],
    ['link-local IPv6 of a named host', 'fe80::1', 'metadata.corp', 80, false],
    ['link-local in an allowed network', '169.254.7.7', 'up.example', 80, true],
  ])('%s: %s of %s:%i', (_, address, host, port, allowed) => {
    expect(rules({ address, host, port })).toBe(allowed);
  });
});
