import { describe, expect, it } from 'vitest';
import {
  checkDns1035Label,
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelValue,
  checkPathSegment,
  checkQualifiedName,
} from './names.js';

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const long = (length: number) => 'a'.repeat(length);

describe('names', () => {
  it.each([
    [checkDnsLabel, 'a-1', []],
    [checkDnsLabel, '', [LABEL]],
    [checkDnsLabel, 'A', [LABEL]],
    [checkDnsLabel, 'a\n', [LABEL]],
    [checkDnsLabel, long(63), []],
    [checkDnsLabel, long(64), ['must be no more than 63 characters']],
    [checkDnsSubdomain, 'a.b-c.1', []],
    [checkDnsSubdomain, 'a..b', [SUBDOMAIN]],
    [checkDnsSubdomain, long(254), ['must be no more than 253 characters']],
    [checkDns1035Label, 'a1', []],
    [checkDns1035Label, '1a', [expect.stringContaining('start with an alphabetic character')]],
    [checkPathSegment, 'system:admin', []],
    [checkPathSegment, '..', ["may not be '..'"]],
    [checkPathSegment, 'a/b%', ["may not contain '/'", "may not contain '%'"]],
    [checkQualifiedName, 'example.com/My_name', []],
    [checkQualifiedName, 'a', []],
    [checkQualifiedName, '', ['name part must be non-empty', `name part ${NAME}`]],
    [checkQualifiedName, '/a', ['prefix part must be non-empty']],
    [checkQualifiedName, 'A/b', [`prefix part ${SUBDOMAIN}`]],
    [
      checkQualifiedName,
      'a/b/c',
      [`a qualified name ${NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
    ],
    [checkQualifiedName, long(64), ['name part must be no more than 63 characters']],
    [checkLabelValue, '', []],
    [checkLabelValue, 'My_Value.1', []],
    [checkLabelValue, '-', [expect.stringMatching(/^a valid label must be an empty string or consist/)]],
  ])('%o of %j: %j', (check, value, problems) => {
    expect(check(value)).toEqual(problems);
  });

  it('answers at once for long texts that almost fit', () => {
    expect(checkDnsSubdomain(`${'a-'.repeat(50_000)}!`)).toHaveLength(2);
    expect(checkQualifiedName(`${'a.'.repeat(50_000)}!`)).toHaveLength(2);
  });
});
