/** What a person types next when the registry listens. `config`: as seen from the repository. */
export function nextSteps({ address, tls, config, users }) {
  const host = address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1');
  const curl = `curl${users ? ' -u NAME' : ''} ${tls ? `--cacert ca.crt https` : 'http'}://${host}`;
  const insecure = tls ? '' : ' --tls-verify=false';
  const steps = [
    ...(users ? [['log in', `podman login${insecure} ${host}`]] : []),
    ['push', `podman push${insecure} IMAGE ${host}/hello:1`],
    ['pull', `podman pull${insecure} ${host}/hello:1`],
    ['look', `skopeo inspect${insecure} docker://${host}/hello:1`],
    ['tags', `${curl}/v2/hello/tags/list`],
    ['delete', `skopeo delete${insecure} docker://${host}/hello:1`],
    ['clean up', `npx longshore registry gc --config ${config} --delete-untagged`],
    ['check', `npx longshore registry fsck --config ${config}`],
    ['stop', 'Ctrl-C'],
  ];
  const lines = steps.map(([what, line]) => `  ${what.padEnd(9)} ${line}`);
  return `\nLongshore serves images at ${host}. Next, in another terminal:\n\n${lines.join('\n')}\n\n`;
}

/** What a person types when another program listens on the address. `config`: the file, if it is not the usual one. */
export function addressTaken(address, config) {
  const other = address.replace(/\d+$/, (port) => String((Number(port) % 65535) + 1));
  const args = config === undefined ? '' : ` -- --config ${config}`;
  return `Another program listens on ${address}. Type instead: REGISTRY_HTTP_ADDR=${other} npm start${args}`;
}
