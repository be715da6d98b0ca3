import type { KubeObject } from '@longshore/kube';
import type { FrontProxySettings } from './front-proxy.js';

/** From where an API server that extends another one learns whom to believe. */
export const AUTHENTICATION_CONFIG_MAP = { namespace: 'kube-system', name: 'extension-apiserver-authentication' };

export interface AuthenticationSettings {
  /** PEM of the authorities of client certificates; absent: none is believed. */
  clientCa?: string;
  frontProxy?: FrontProxySettings;
}

/** Reads the config map. Lists in it are JSON arrays of text. Errors: TypeError names the key. */
export function authenticationSettings(configMap: KubeObject | undefined): AuthenticationSettings {
  const data = (configMap?.data ?? {}) as Record<string, string>;
  const clientCa = data['client-ca-file'];
  const proxyCa = data['requestheader-client-ca-file'];
  return {
    ...(clientCa !== undefined && { clientCa }),
    ...(proxyCa !== undefined && {
      frontProxy: {
        clientCa: proxyCa,
        allowedNames: listOf(data, 'requestheader-allowed-names'),
        usernameHeaders: listOf(data, 'requestheader-username-headers'),
        uidHeaders: listOf(data, 'requestheader-uid-headers'),
        groupHeaders: listOf(data, 'requestheader-group-headers'),
        extraHeaderPrefixes: listOf(data, 'requestheader-extra-headers-prefix'),
      },
    }),
  };
}

function listOf(data: Record<string, string>, key: string): string[] {
  const text = data[key];
  if (text === undefined || text === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new TypeError(`${AUTHENTICATION_CONFIG_MAP.name}: ${key} is no JSON array of text`);
}
