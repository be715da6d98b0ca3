import { basename } from 'node:path';
import { TextFileError } from '@longshore/edge';
import {
  type CollectedFile,
  collectEvidence,
  collectScript,
  ExpectationError,
  kubeClusterReader,
  NodeCommandError,
  readExpectation,
  type SiteExpectation,
  type SiteReaders,
  type VerificationReport,
  verificationText,
  verifySite,
} from '@longshore/edge/verify';
import {
  ApiError,
  CredentialError,
  findConnection,
  HttpTransport,
  KubeconfigError,
  ResponseError,
  UnreachableError,
} from '@longshore/kube';
import { CliError } from '../cli-error.js';
import { interruption } from '../signals.js';
import { filesBelow, readTextFile } from './text-files.js';

export interface VerifyOptions {
  plan: string;
  collected?: string[];
  kubeconfig?: string;
  hubKubeconfig?: string;
  nodeImage?: string;
  collectScript?: boolean;
  partial?: boolean;
  json?: boolean;
}

/** Compares a site with its plan, and tells of it. Errors: CliError. */
export async function verify(options: VerifyOptions): Promise<void> {
  const expectation = await readPlan(options.plan);
  if (options.collectScript) {
    process.stdout.write(collectScript(expectation));
    return;
  }
  const report = verifySite(expectation, await collect(expectation, options));
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : verificationText(report));
  if (!passes(report, options.partial === true)) process.exitCode = 1;
}

/** Whether a report lets the command end well. */
export function passes({ verdict }: VerificationReport, partial: boolean): boolean {
  return verdict === 'fits' || (verdict === 'unseen' && partial);
}

async function readPlan(path: string): Promise<SiteExpectation> {
  try {
    return readExpectation(await readTextFile(path));
  } catch (error) {
    if (!(error instanceof ExpectationError || error instanceof TextFileError)) throw error;
    throw new CliError(`${path}: ${error.message}`, 2, { cause: error });
  }
}

type Report = Awaited<ReturnType<typeof collectEvidence>>;

async function collect(expectation: SiteExpectation, options: VerifyOptions): Promise<Report> {
  const { collected, kubeconfig, hubKubeconfig, nodeImage } = options;
  if (collected === undefined && kubeconfig === undefined && hubKubeconfig === undefined) {
    throw new CliError('say what to look at: --collected <path...>, --kubeconfig <file> or --hub-kubeconfig <file>', 2);
  }
  if (nodeImage !== undefined && kubeconfig === undefined) throw new CliError('--node-image needs --kubeconfig', 2);
  const { files, unread } = await readCollected(collected ?? []);
  const transports: HttpTransport[] = [];
  const connect = async (path: string): Promise<HttpTransport> => {
    const transport = new HttpTransport(await findConnection({ kubeconfig: path }));
    transports.push(transport);
    return transport;
  };
  try {
    const readers: SiteReaders = {
      ...(hubKubeconfig === undefined ? {} : { hub: kubeClusterReader(await connect(hubKubeconfig)) }),
      ...(kubeconfig === undefined
        ? {}
        : { site: kubeClusterReader(await connect(kubeconfig), nodeImage === undefined ? {} : { nodeImage }) }),
    };
    const evidence = await collectEvidence(readers, expectation, files, interruption());
    evidence.unread.push(...unread);
    return evidence;
  } catch (error) {
    throw clusterFailure(error);
  } finally {
    await Promise.all(transports.map((transport) => transport.close()));
  }
}

/** Failures of a cluster in one line; anything else stays what it is. */
function clusterFailure(error: unknown): unknown {
  if (error instanceof KubeconfigError) return new CliError(error.message, 2, { cause: error });
  const known = [ApiError, UnreachableError, CredentialError, ResponseError, NodeCommandError];
  const isKnown = error instanceof Error && known.some((type) => error instanceof type);
  return isKnown ? new CliError(`the cluster cannot be asked: ${error.message}`, 1, { cause: error }) : error;
}

async function readCollected(paths: readonly string[]): Promise<{ files: CollectedFile[]; unread: Report['unread'] }> {
  const files: CollectedFile[] = [];
  const unread: Report['unread'] = [];
  for (const path of await filesBelow(paths, ['.json', '.yaml', '.yml', '.txt'])) {
    try {
      files.push({ name: basename(path), text: await readTextFile(path) });
    } catch (error) {
      if (!(error instanceof TextFileError)) throw error;
      unread.push({ file: path, reason: error.message });
    }
  }
  return { files, unread };
}
