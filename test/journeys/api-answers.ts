import { readText, type TransportResponse } from '@longshore/kube';

const MAX_DISCOVERY = 1024 * 1024;

/** An answer as an API server would send it. */
export function answer(value: object, status = 200): TransportResponse {
  async function* body() {
    yield Buffer.from(JSON.stringify(value));
  }
  return { status, headers: { 'content-type': 'application/json' }, body: body() };
}

/** Which kinds a group has, as if it did not have some; with their subresources. */
export async function withoutResources(
  response: TransportResponse,
  hidden: readonly string[],
): Promise<TransportResponse> {
  const list = JSON.parse(await readText(response.body, MAX_DISCOVERY)) as { resources?: { name: string }[] };
  const resources = list.resources?.filter(({ name }) => !hidden.includes(name.split('/')[0] ?? ''));
  return answer({ ...list, resources }, response.status);
}
