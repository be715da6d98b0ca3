import { parseCredentialKey } from './credential-key.js';
import type { Credential } from './credential.js';
import { DockerConfigError, parseDockerConfig } from './docker-config.js';

/** What an entry of `auths` is to say. */
export interface NewAuth {
  credential: Credential;
  /** Nobody reads it; pull secrets have it by custom. Without, that of an entry that is replaced stays. */
  email?: string;
}

/** What stands for a credential in an entry, in the order in which readers look. */
const SECRETS = ['identitytoken', 'auth', 'username', 'password', 'registrytoken'];
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Writes a credential into the text of a Docker configuration file or pull secret (mirror.md 4), undefined for a new one.
 * An entry for the same place is replaced where it stands, others for that place go; a new one becomes the first, as in the
 * documented pull secret. All else stays: other fields, their order, the indentation, the single line.
 *
 * @param key `registry.example.com:5000`, or a part of it such as `quay.io/team`
 * @throws {DockerConfigError} for a text or key that is none, and for what cannot be sent as a credential
 */
export function setAuth(text: string | undefined, key: string, { credential, email }: NewAuth): string {
  const same = samePlace(key);
  const entry = { ...encode(credential), ...(email !== undefined && { email }) };
  return edit(text, (auths) => {
    const known = auths.find(([other]) => same(other));
    if (known === undefined) return [[key, entry], ...auths];
    const rest = auths.filter((pair) => pair === known || !same(pair[0]));
    return rest.map((pair) => (pair === known ? [pair[0], { ...withoutSecrets(pair[1]), ...entry }] : pair));
  });
}

/**
 * Takes all entries for a place away; undefined when there is none. Errors: as {@link setAuth}.
 */
export function removeAuth(text: string, key: string): string | undefined {
  const same = samePlace(key);
  let found = false;
  const rest = edit(text, (auths) => {
    found = auths.some(([other]) => same(other));
    return auths.filter(([other]) => !same(other));
  });
  return found ? rest : undefined;
}

type Auths = [key: string, entry: unknown][];

function edit(text: string | undefined, change: (auths: Auths) => Auths): string {
  const whole = text === undefined || text.trim() === '' ? '{}' : text;
  parseDockerConfig(whole);
  const config = JSON.parse(whole) as { auths?: Record<string, unknown> | null };
  const auths = Object.fromEntries(change(Object.entries(config.auths ?? {})));
  const { indent, end } = layoutOf(whole);
  return JSON.stringify({ ...config, auths }, undefined, indent) + end;
}

/** As podman does, a new file is indented by tabs. */
function layoutOf(text: string): { indent: string; end: string } {
  const isNew = text === '{}';
  const [, indent = isNew ? '\t' : ''] = /\n([ \t]+)\S/.exec(text) ?? [];
  return { indent, end: isNew || text.endsWith('\n') ? '\n' : '' };
}

/** Whether another key stands for the same place: `https://quay.io/v2/` is `quay.io`. */
function samePlace(key: string): (other: string) => boolean {
  const place = parseCredentialKey(key);
  if (place === undefined) {
    throw new DockerConfigError(
      `${JSON.stringify(key.slice(0, 300))} does not name a registry; write HOST[:PORT] or HOST[:PORT]/REPOSITORY`,
    );
  }
  return (other) => {
    const { host, path } = parseCredentialKey(other) ?? {};
    return host === place.host && path === place.path;
  };
}

function withoutSecrets(entry: unknown): object {
  if (typeof entry !== 'object' || entry === null) return {};
  return Object.fromEntries(Object.entries(entry).filter(([field]) => !SECRETS.includes(field)));
}

function encode(credential: Credential): { auth: string } | { identitytoken: string } {
  if ('identityToken' in credential) return { identitytoken: credential.identityToken };
  const { username, password } = credential;
  if (username.includes(':')) throw new DockerConfigError('the user name has a colon, which ends it in HTTP');
  if (CONTROL.test(username) || CONTROL.test(password)) {
    throw new DockerConfigError('the user name or password has control characters, which HTTP does not allow');
  }
  if (password === '') throw new DockerConfigError('the password is empty');
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}
