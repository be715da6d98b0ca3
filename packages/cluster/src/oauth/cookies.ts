import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { LoggedIn } from '../identity/access-tokens/access-tokens.js';
import { equalTexts } from './pkce.js';

// The prefix makes browsers take them over TLS, from this very host, for all paths only.
const SESSION = '__Host-longshore-session';
const CSRF = '__Host-longshore-csrf';
const SESSION_SECONDS = 300;

type WithHeaders = Pick<IncomingMessage, 'headers'>;

/** Cookies of a login in a browser: who logged in, for five minutes, signed; and the proof that a form is ours. */
export class Cookies {
  /** Of this process: sessions end with it. */
  private readonly key = randomBytes(32);

  constructor(private readonly now: () => number) {}

  /** The user of a session. */
  session(request: WithHeaders): LoggedIn | undefined {
    const [payload = '', signature = ''] = (cookieOf(request, SESSION) ?? '').split('.');
    if (payload === '' || !equalTexts(signature, this.sign(payload))) return undefined;
    const { name, uid, until } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as LoggedIn & {
      until: number;
    };
    return this.now() < until ? { name, uid } : undefined;
  }

  /** Begins a session: a `Set-Cookie` header. */
  newSession({ name, uid }: LoggedIn): string {
    const until = this.now() + SESSION_SECONDS * 1000;
    const payload = Buffer.from(JSON.stringify({ name, uid, until })).toString('base64url');
    return setCookie(SESSION, `${payload}.${this.sign(payload)}`, SESSION_SECONDS);
  }

  endSession(): string {
    return setCookie(SESSION, '', 0);
  }

  /** What a form of ours must carry, and the `Set-Cookie` header when the browser has none yet. */
  formToken(request: WithHeaders): { token: string; setCookie?: string } {
    const known = cookieOf(request, CSRF);
    if (known !== undefined && /^[A-Za-z0-9_-]{43}$/.test(known)) return { token: known };
    const token = randomBytes(32).toString('base64url');
    return { token, setCookie: setCookie(CSRF, token) };
  }

  /** Whether a form that was sent is ours. */
  isOwnForm(request: WithHeaders, form: URLSearchParams): boolean {
    const expected = cookieOf(request, CSRF);
    return expected !== undefined && expected !== '' && equalTexts(form.get('csrf') ?? '', expected);
  }

  private sign(payload: string): string {
    return createHmac('sha256', this.key).update(payload).digest('base64url');
  }
}

function setCookie(name: string, value: string, seconds?: number): string {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`;
}

function cookieOf({ headers }: WithHeaders, name: string): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const [key, ...value] = part.split('=');
    if (key?.trim() === name) return value.join('=').trim();
  }
  return undefined;
}
