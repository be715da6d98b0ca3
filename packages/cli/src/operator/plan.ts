import { readFile } from 'node:fs/promises';
import type { KubeClient } from '@longshore/kube';
import type { Decision, Wish } from '@longshore/operator';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { inSession, type SessionOptions } from '../session/session.js';
import { interruption } from '../signals.js';
import { formatPlan, planJson } from './plan-report.js';

interface Options extends Pick<SessionOptions, 'kubeconfig' | 'context'> {
  filename?: string;
  image?: string;
  json?: boolean;
}

const NOTES = `
The file holds a Config, an ImagePruner or both, whole or in part, as for kubectl patch --type merge. Without it, the plan
tells what the operator has still to do. Nothing is written.

Exit codes: 0 nothing would change, 1 failed, 2 something would change, or called wrongly.

Examples:
  longshore operator plan -f config.yaml
  longshore operator plan -f config.yaml --json
  longshore operator plan --image registry.example.com/longshore:2`;

const DIFFERENCE = 2;

/** `longshore operator plan` */
export function planCommand(): Command {
  return new Command('plan')
    .description('show what the operator would change in the cluster, and where data may be lost')
    .option('-f, --filename <file>', 'YAML with what is wanted')
    .option('--image <image>', 'pull spec of Longshore; default: the images that run')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster; default: KUBECONFIG, ~/.kube/config')
    .option('--context <name>', 'context in it; default: the current one')
    .option('--json', 'print the plan as JSON')
    .addHelpText('after', NOTES)
    .action(plan);
}

async function plan({ filename, image, json, ...session }: Options): Promise<void> {
  const wish = filename === undefined ? {} : await readWish(filename);
  const decision = await inSession(session, ({ client }) => decide(client, wish, image));
  process.stdout.write(json === true ? `${JSON.stringify(planJson(decision), undefined, 2)}\n` : formatPlan(decision));
  if (decision.changes.length > 0) process.exitCode = DIFFERENCE;
}

async function decide(client: KubeClient, wish: Wish, image?: string): Promise<Decision> {
  const { planOperator } = await import('@longshore/operator');
  const release = image === undefined ? {} : { registryImage: image, prunerImage: image, operatorImage: image };
  return planOperator({ client, wish, release, signal: interruption() });
}

async function readWish(filename: string): Promise<Wish> {
  const { parseWishFile } = await import('@longshore/operator');
  let text: string;
  try {
    text = await readFile(filename, 'utf8');
  } catch (error) {
    throw new CliError(`${filename}: ${(error as Error).message}`, 2, { cause: error });
  }
  return parseWishFile(text, filename);
}
