import { errorText } from './error-text.js';
import { isSecretName, REDACTED, redactText, redactUri } from './redact.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormatter = 'text' | 'json' | 'logstash';

/** How the parts of one log line are written (reference registry 7.3). */
export interface LineFormat {
  /** The line up to and with its message. `time` is in milliseconds since the epoch. */
  begin(time: number, level: LogLevel, message: string): string;
  /** One field with its leading separator; empty when the value is undefined. */
  field(key: string, value: unknown): string;
  /** What closes the line, with the line feed. */
  readonly end: string;
}

/** The format of a `log.formatter`; `stacks` adds the stack of each logged error in a field of its own. */
export function lineFormat(formatter: LogFormatter, stacks: boolean): LineFormat {
  return formatter === 'text' ? new TextFormat(stacks) : new JsonFormat(formatter, stacks);
}

/** Bounds of one logged value: characters of a string, levels and members of an object. */
const MAX_LENGTH = 4096;
const MAX_DEPTH = 4;
const MAX_MEMBERS = 50;
const MAX_KNOWN_KEYS = 512;

type KeyKind = 'plain' | 'secret' | 'uri';

interface Key {
  lead: string;
  stackLead: string;
  kind: KeyKind;
}

/** What is decided once about each key: how it is spelled and what its values may show. */
class Keys {
  readonly #known = new Map<string, Key>();

  constructor(
    private readonly reserved: ReadonlySet<string>,
    private readonly spell: (name: string) => string,
  ) {}

  find(key: string): Key {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = (this.reserved.has(key) ? `fields.${key}` : key).slice(0, 128);
    const made = { lead: this.spell(name), stackLead: this.spell(`${name}.stack`), kind: kindOf(key) };
    if (this.#known.size < MAX_KNOWN_KEYS) this.#known.set(key, made);
    return made;
  }
}

function kindOf(key: string): KeyKind {
  if (isSecretName(key)) return 'secret';
  return /(?:ur[il]|location)$/i.test(key) ? 'uri' : 'plain';
}

class TextFormat implements LineFormat {
  readonly end = '\n';
  readonly #keys = new Keys(new Set(['time', 'level', 'msg']), (name) => ` ${name.replaceAll(/[^\w.@/+-]/g, '_')}=`);
  readonly #clock = new Clock();

  constructor(private readonly stacks: boolean) {}

  begin(time: number, level: LogLevel, message: string): string {
    const text = isPlain(message) && !BARE.test(message) ? `"${message}"` : textValue(redactText(message));
    return `time="${this.#clock.text(time)}" level=${LEVEL_NAMES[level]} msg=${text}`;
  }

  field(key: string, value: unknown): string {
    if (value === undefined) return '';
    const { lead, stackLead, kind } = this.#keys.find(key);
    if (kind === 'secret') return lead + REDACTED;
    if (typeof value === 'number') return lead + value;
    if (typeof value === 'string') {
      if (isPlain(value)) return lead + (BARE.test(value) ? value : `"${value}"`);
      return lead + textValue(cleanString(value, kind));
    }
    const shown = lead + textValue(flatText(plainValue(value, 0)));
    return this.stacks && hasStack(value) ? shown + stackLead + quote(redactText(value.stack)) : shown;
  }
}

class JsonFormat implements LineFormat {
  readonly end = '}\n';
  readonly #clock = new Clock();
  readonly #keys: Keys;
  readonly #logstash: boolean;

  constructor(
    formatter: 'json' | 'logstash',
    private readonly stacks: boolean,
  ) {
    this.#logstash = formatter === 'logstash';
    const reserved = this.#logstash ? ['@timestamp', '@version', 'level', 'message'] : ['time', 'level', 'msg'];
    this.#keys = new Keys(new Set(reserved), (name) => `,${quote(name)}:`);
  }

  begin(time: number, level: LogLevel, message: string): string {
    const at = this.#clock.text(time);
    const text = isPlain(message) ? `"${message}"` : quote(redactText(message));
    return this.#logstash
      ? `{"@timestamp":"${at}","@version":"1","level":"${LEVEL_NAMES[level]}","message":${text}`
      : `{"time":"${at}","level":"${LEVEL_NAMES[level]}","msg":${text}`;
  }

  field(key: string, value: unknown): string {
    if (value === undefined) return '';
    const { lead, stackLead, kind } = this.#keys.find(key);
    if (kind === 'secret') return `${lead}"${REDACTED}"`;
    if (typeof value === 'number' && Number.isFinite(value)) return lead + value;
    if (typeof value === 'string') return lead + (isPlain(value) ? `"${value}"` : quote(cleanString(value, kind)));
    const shown = lead + jsonText(plainValue(value, 0));
    return this.stacks && hasStack(value) ? shown + stackLead + quote(redactText(value.stack)) : shown;
  }
}

const LEVEL_NAMES: Record<LogLevel, string> = { debug: 'debug', info: 'info', warn: 'warning', error: 'error' };

/** RFC 3339 in UTC with milliseconds; the part up to the second is made once a second. */
class Clock {
  #second = NaN;
  #prefix = '';

  text(time: number): string {
    const second = Math.floor(time / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${this.#prefix}${String(Math.floor(time - second * 1000)).padStart(3, '0')}Z`;
  }
}

const BARE = /^[A-Za-z0-9._/@^+-]+$/;
/** Printable ASCII without `"`, `\`, `?` and `&`. */
const UNESCAPED = /^[ !#-%'->@-[\]-~]*$/;
const MAY_HOLD_SECRET = /:\/\/|bearer|basic/i;

/**
 * True for a string that quotes alone make safe: nothing in it to escape or to redact. Nearly every value is one, and
 * asking first takes an access line from 5 to 3 microseconds.
 */
function isPlain(value: string): boolean {
  return value.length <= MAX_LENGTH && UNESCAPED.test(value) && !MAY_HOLD_SECRET.test(value);
}

function textValue(value: string): string {
  return value.length <= MAX_LENGTH && BARE.test(value) ? value : quote(value);
}

/** A scalar as it is, anything with members as JSON, so that one pair of quotes holds it. */
function flatText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonText(value: unknown): string {
  return typeof value === 'string' ? quote(value) : escapeInvisible(JSON.stringify(value));
}

function quote(value: string): string {
  return escapeInvisible(JSON.stringify(bounded(value)));
}

/** Terminal controls, line separators and characters that reverse or hide text, none of which JSON has to escape. */
const INVISIBLE = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function escapeInvisible(json: string): string {
  return json.replaceAll(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function bounded(value: string): string {
  return value.length <= MAX_LENGTH ? value : `${value.slice(0, MAX_LENGTH)}…`;
}

function cleanString(value: string, kind: KeyKind): string {
  return kind === 'uri' ? redactUri(value) : redactText(value);
}

function hasStack(value: unknown): value is { stack: string } {
  return value instanceof Error && typeof value.stack === 'string';
}

/** A value as plain JSON: bounded in depth and members, without secrets, errors as their text. */
function plainValue(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return bounded(redactText(value));
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) return bounded(redactText(errorText(value)));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (typeof value !== 'object') return typeof value;
  if (depth >= MAX_DEPTH) return '…';
  return Array.isArray(value)
    ? value.slice(0, MAX_MEMBERS).map((member) => plainValue(member, depth + 1))
    : plainObject(value, depth);
}

function plainObject(value: object, depth: number): Record<string, unknown> {
  const members: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value).slice(0, MAX_MEMBERS)) {
    const kind = kindOf(key);
    if (kind === 'secret') members.push([key, REDACTED]);
    else if (kind === 'uri' && typeof member === 'string') members.push([key, bounded(redactUri(member))]);
    else if (member !== undefined) members.push([bounded(key), plainValue(member, depth + 1)]);
  }
  return Object.fromEntries(members);
}
