/** Where the applied Services can be reached, a line each. */
import type { Service } from '@petrel/machinery/api/core-v1'
import { services } from '@petrel/machinery/kinds'
import type { Client } from '../../client/index.ts'
import type { Applied } from './apply.ts'

export async function addressesOf(client: Client, applied: readonly Applied[]): Promise<string[]> {
  const lines: string[] = []
  for (const { resource, object } of applied) {
    if (resource.group !== '' || resource.plural !== 'services') continue
    const { namespace, name = '' } = object.metadata ?? {}
    lines.push(...linesFor(await client.get(services, { namespace, name })))
  }
  return lines
}

function linesFor({ metadata, spec }: Service): string[] {
  const name = `service ${metadata?.namespace}/${metadata?.name}`
  return (spec?.ports ?? []).map(({ port, nodePort, protocol = 'TCP' }) => {
    const scheme = protocol === 'TCP' ? 'http://' : `${protocol.toLowerCase()}://`
    const inside = spec?.clusterIP && spec.clusterIP !== 'None' ? `${spec.clusterIP}:${port}` : 'headless'
    return `  ${name.padEnd(32)} ${inside}${nodePort ? `  ${scheme}127.0.0.1:${nodePort}` : ''}`
  })
}
