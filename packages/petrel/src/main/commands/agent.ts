/** `petrel agent`: a node on this machine for a server elsewhere, with the credentials that `petrel kubeconfig --node` makes. */
import { mkdirSync } from 'node:fs'
import { createLogger, type Level, machineAddress, systemClock, systemRng } from '../../base/index.ts'
import { type ClientConfig, createInformers, httpClient, loadKubeconfig } from '../../client/index.ts'
import { machineName, ownPodSource } from '../../node/index.ts'
import { keptRanges } from '../cluster-ranges.ts'
import { controlSocket } from '../control-socket.ts'
import { dataFolder } from '../data-folder.ts'
import { parseListenAddress } from '../listen-address.ts'
import { startLocalNode } from '../parts/local-node.ts'
import { administrator } from '../parts/users.ts'
import { describeNode } from '../status-report.ts'
import { untilToldToStop } from '../until-told-to-stop.ts'

export interface AgentOptions {
  readonly kubeconfig?: string
  readonly listen: string
  readonly dataDir?: string
  readonly podCidr: string
  readonly serviceCidr?: string
  readonly logFormat: 'text' | 'json'
  readonly logLevel: Level
}

export async function agent(options: AgentOptions): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  const config = await loadKubeconfig(options.kubeconfig === undefined ? {} : { path: options.kubeconfig })
  const identity = await nodeIdentity(config)
  const listen = parseListenAddress(options.listen)
  const log = createLogger({
    format: options.logFormat,
    level: options.logLevel,
    write: line => void process.stderr.write(`${line}\n`),
    now: Date.now,
  })
  const [clock, rng] = [systemClock, systemRng]
  const client = httpClient(config, { clock, rng })
  const informers = createInformers(client, { clock, log, rng })
  const data = dataFolder(options.dataDir)
  mkdirSync(data.path, { recursive: true, mode: 0o711 })
  const node = await startLocalNode({
    client,
    administrator: undefined,
    informers,
    pods: ownPodSource(informers, identity.name),
    ranges: keptRanges(data.cluster, {
      pods: options.podCidr,
      ...(options.serviceCidr !== undefined && { services: options.serviceCidr }),
    }),
    clock,
    rng,
    log,
    folder: data.node,
    name: identity.name,
    address: listen.host === '0.0.0.0' ? machineAddress() : listen.host,
    labels: {},
    port: listen.port,
  })
  const listener = await node.server.listen({ ...listen, ...identity, callers: [administrator.username] })
  const control = await controlSocket(data, { status: () => describeNode(config.server, node), images: node.images })
  informers.start()
  const stopping = untilToldToStop()
  try {
    await node.agent.ready()
    say(`node ${identity.name} joined ${config.server}, listens on ${listener.port}`)
    say(`  ${node.description}`)
    say(`  ready after ${Math.round(performance.now())} ms`)
    await stopping.told
  } finally {
    stopping.forget()
    await control.close()
    await node.close()
    await informers.close()
    await client.close()
  }
  say('stopped; containers run on (petrel down ends them)')
}

/** Name and certificate from the credentials: a node is who its certificate says (CN=system:node:NAME, O=system:nodes). */
async function nodeIdentity({ certificate, key, ca }: ClientConfig) {
  if (!certificate || !key || !ca) {
    throw new Error(
      'Cannot join: the kubeconfig has no client certificate; petrel kubeconfig --node NAME makes one on the server',
    )
  }
  const { X509Certificate } = await import('node:crypto')
  const { subject } = new X509Certificate(certificate)
  const name = /^CN=system:node:(.+)$/m.exec(subject)?.[1]
  if (!name)
    throw new Error(
      `Cannot join: the certificate is for "${subject.replaceAll('\n', ', ')}", not for a node (this machine is ${machineName()})`,
    )
  return { name, certificate, key, authority: ca }
}
