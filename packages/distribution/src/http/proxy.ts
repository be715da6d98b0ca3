/** Which proxies to use, in the words of the environment variables. */
export interface ProxySettings {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
}

/** Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or in lower case), as Go does. */
export declare function proxyFromEnvironment(env: NodeJS.ProcessEnv): ProxySettings;
