/**
 * Which names, label keys and label values are valid, with the messages of apimachinery (`util/validation`, `api/validation`).
 * Each function answers the problems; none for a valid value.
 */

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const DNS_1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;

interface Rule {
  /** As Kubernetes prints it. */
  pattern: string;
  matches: RegExp;
  message: string;
  examples: readonly string[];
  maxLength: number;
}

const whole = (pattern: string) => new RegExp(`^${pattern}$`);

const LABEL_RULE: Rule = {
  pattern: DNS_LABEL,
  matches: whole(DNS_LABEL),
  message:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ['my-name', '123-abc'],
  maxLength: 63,
};

const SUBDOMAIN_RULE: Rule = {
  pattern: DNS_SUBDOMAIN,
  matches: whole(DNS_SUBDOMAIN),
  message:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
  maxLength: 253,
};

const DNS_1035_RULE: Rule = {
  pattern: DNS_1035_LABEL,
  matches: whole(DNS_1035_LABEL),
  message:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
  maxLength: 63,
};

const QUALIFIED_NAME_RULE: Rule = {
  pattern: QUALIFIED_NAME,
  matches: whole(QUALIFIED_NAME),
  message:
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyName', 'my.name', '123-abc'],
  maxLength: 63,
};

const LABEL_VALUE_RULE: Rule = {
  pattern: LABEL_VALUE,
  matches: whole(LABEL_VALUE),
  message:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyValue', 'my_value', '12345'],
  maxLength: 63,
};

/** `must be no more than 63 characters` */
function tooLongMessage(maxLength: number): string {
  return `must be no more than ${maxLength} characters`;
}

/** A rule, its examples and its pattern, spaced as Kubernetes spaces them. */
function patternMessage({ message, examples, pattern }: Rule): string {
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

function check(value: string, rule: Rule): string[] {
  const tooLong = Buffer.byteLength(value) > rule.maxLength;
  return [
    ...(tooLong ? [tooLongMessage(rule.maxLength)] : []),
    ...(rule.matches.test(value) ? [] : [patternMessage(rule)]),
  ];
}

/** Names of namespaces and services' hosts: RFC 1123 label. */
export function checkDnsLabel(value: string): string[] {
  return check(value, LABEL_RULE);
}

/** Names of most objects: RFC 1123 subdomain. */
export function checkDnsSubdomain(value: string): string[] {
  return check(value, SUBDOMAIN_RULE);
}

/** Names of services: RFC 1035 label. */
export function checkDns1035Label(value: string): string[] {
  return check(value, DNS_1035_RULE);
}

/** Names that only have to be one segment of a path: roles, users, image stream tags. */
export function checkPathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

/** Keys of labels and annotations: `[prefix/]name`. */
export function checkQualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    const rest = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    return [`a qualified name ${patternMessage(QUALIFIED_NAME_RULE)}${rest}`];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const ofPrefix = prefix === '' ? ['must be non-empty'] : prefix === undefined ? [] : checkDnsSubdomain(prefix);
  const ofName = name === '' ? ['must be non-empty'] : [];
  return [
    ...ofPrefix.map((problem) => `prefix part ${problem}`),
    ...[...ofName, ...check(name, QUALIFIED_NAME_RULE)].map((problem) => `name part ${problem}`),
  ];
}

export function checkLabelValue(value: string): string[] {
  return check(value, LABEL_VALUE_RULE);
}
