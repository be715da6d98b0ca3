import type { Exchange } from '../request/exchange.js';
import { wantedOf } from '../request/handler.js';

/** `/version` (apimachinery, `version.Info`) */
export interface ServerVersion {
  major: string;
  minor: string;
  gitVersion: string;
  gitCommit?: string;
  gitTreeState?: string;
  buildDate?: string;
}

/** Resolves with false for other paths. */
export async function answerVersion(exchange: Exchange, version: ServerVersion): Promise<boolean> {
  if (exchange.info.path !== '/version') return false;
  const { gitCommit = '', gitTreeState = '', buildDate = '', ...rest } = version;
  const { platform, arch } = process;
  const info = {
    ...rest,
    gitCommit,
    gitTreeState,
    buildDate,
    goVersion: '',
    compiler: `node ${process.versions.node}`,
    platform: `${platform}/${arch === 'x64' ? 'amd64' : arch}`,
  };
  await exchange.sendJson(200, JSON.stringify(info), wantedOf(exchange));
  return true;
}
