import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.js';
import { ownVersion } from '../own-version.js';
import { imageApiOfChart } from './image-api-of-chart.js';

interface Options {
  image?: string;
  replicas: number;
  optionalAlerts?: boolean;
  openshift?: boolean;
  to?: string;
}

const NOTES = `
With --to, the files of deploy/ that are made from the program are written: plain manifests with an example image, a chart, and
what Prometheus needs.

Examples:
  longshore operator manifests --image registry.example.com/longshore:1 | kubectl apply -f -
  longshore operator manifests --image registry.example.com/longshore:1 --openshift > operator.yaml
  longshore operator manifests --to deploy`;

/** `longshore operator manifests` */
export function manifestsCommand(): Command {
  return new Command('manifests')
    .description('print what a cluster needs for the operator to run in it, as YAML')
    .option('--image <image>', 'pull spec of Longshore')
    .option('--replicas <number>', 'how many operators run; one works, the others wait', replicas, 1)
    .option('--optional-alerts', 'have Prometheus tell also what is only to inform')
    .option('--openshift', 'leave namespaces and users of pods to OpenShift')
    .option('--to <folder>', 'write the files of deploy/ there instead')
    .addHelpText('after', NOTES)
    .action((options: Options) => (options.to === undefined ? print(options) : write(options.to)));
}

async function print({ image, replicas, optionalAlerts = false, openshift: isOpenShift = false }: Options) {
  if (image === undefined) throw new CliError('name the image of Longshore: --image PULLSPEC', 2);
  const { installation, printYaml, PROMETHEUS } = await import('@longshore/operator');
  const version = ownVersion();
  const pod = { image, version, replicas, optionalAlerts, isOpenShift };
  const { definitions, namespaces, rights, operator } = installation({ ...pod, prometheus: PROMETHEUS });
  process.stdout.write(printYaml([...definitions, ...namespaces, ...rights, ...operator]));
}

async function write(folder: string): Promise<void> {
  const { deployFiles } = await import('@longshore/operator');
  const { writeUserFile } = await import('../user-file.js');
  for (const [path, text] of deployFiles(ownVersion(), await imageApiOfChart())) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeUserFile(file, text);
  }
}

function replicas(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write a number from 1 to 99');
}
