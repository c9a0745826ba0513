/**
 * The server's own calls on itself, through the same chain as everybody's: bootstrap objects, the `kubernetes` service.
 * Acts as upstream's loopback user, who is in system:masters.
 */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { Chain } from './chain.ts'
import type { ObjectReader, UserInfo } from './contract.ts'
import type { RequestInfo } from './request-info.ts'

export interface Loopback {
  /** From memory; undefined when there is none. Frozen. */
  get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<void>
  update<T extends KubeObject>(resource: Resource<T>, object: T): Promise<void>
}

const user: UserInfo = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }

export function loopback(chain: Chain, reader: ObjectReader): Loopback {
  const write = async (method: string, verb: string, resource: Resource, object: KubeObject): Promise<void> => {
    const { name = '', namespace = '' } = object.metadata ?? {}
    await chain({
      method,
      info: infoOf(verb, resource, namespace, verb === 'create' ? '' : name),
      query: new URLSearchParams(),
      user,
      body: { object },
      headers: {},
      signal: neverAborted,
      warn: () => {},
    })
  }
  return {
    get: (resource, namespace, name) => reader.get(resource, namespace, name),
    create: (resource, object) => write('POST', 'create', resource, object),
    update: (resource, object) => write('PUT', 'update', resource, object),
  }
}

const neverAborted = new AbortController().signal

function infoOf(verb: string, resource: Resource, namespace: string, name: string): RequestInfo {
  const { group, version, plural } = resource
  return {
    resourceRequest: true,
    path: '',
    verb,
    group,
    version,
    namespace,
    resource: plural,
    subresource: '',
    name,
    rest: '',
  }
}
