import type { TLSSocket } from 'node:tls';
import { unauthorized } from '@longshore/kube';
import {
  ANONYMOUS,
  AUTHENTICATED_GROUP,
  type Authenticator,
  type Credentials,
  type UserInfo,
} from '../access/access.js';
import { localUserOf } from '../local-transport.js';
import type { Exchange } from './exchange.js';

/** What a connection shows of its client; a certificate does not change during it. */
const ofConnections = new WeakMap<object, Pick<Credentials, 'clientCertificate' | 'certificateSubject'>>();

function certificateOf(socket: Partial<TLSSocket>): Pick<Credentials, 'clientCertificate' | 'certificateSubject'> {
  const known = ofConnections.get(socket);
  if (known !== undefined) return known;
  const certificate = socket.authorized ? socket.getPeerCertificate?.() : undefined;
  const shown: Pick<Credentials, 'clientCertificate' | 'certificateSubject'> = {};
  if (certificate?.raw !== undefined) {
    const { CN, O } = certificate.subject as unknown as { CN?: string | string[]; O?: string | string[] };
    shown.clientCertificate = certificate.raw;
    shown.certificateSubject = {
      commonName: [CN].flat().at(-1) ?? '',
      organizations: O === undefined ? [] : [O].flat(),
    };
  }
  ofConnections.set(socket, shown);
  return shown;
}

function credentialsOf({ request }: Pick<Exchange, 'request'>): Credentials {
  const { authorization } = request.headers;
  const match = authorization === undefined ? null : /^bearer +(\S+) *$/i.exec(authorization);
  return {
    ...(match?.[1] !== undefined && { token: match[1] }),
    ...certificateOf(request.socket as Partial<TLSSocket>),
    headers: () => request.headersDistinct,
    remoteAddress: request.socket.remoteAddress ?? '',
  };
}

/** Who sent a request; anonymous when nothing is shown that anybody knows. Errors: `Unauthorized`. */
export async function authenticate(exchange: Exchange, authenticator: Authenticator): Promise<UserInfo> {
  const local = localUserOf(exchange.request.socket);
  if (local !== undefined) return withAuthenticated(local);
  const credentials = credentialsOf(exchange);
  const user = await authenticator.authenticate(credentials, exchange.signal);
  if (user !== undefined) return withAuthenticated(user);
  // A token that nobody knows is wrong; a client without any is anonymous.
  if (credentials.token !== undefined) throw unauthorized();
  return ANONYMOUS;
}

/** Each user but the anonymous one is in the group of all that are authenticated. */
export function withAuthenticated(user: UserInfo): UserInfo {
  if (user.username === ANONYMOUS.username || user.groups.includes(AUTHENTICATED_GROUP)) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] };
}
