/**
 * Pods on a bridge: each gets a veth pair, an address of the node's range, the bridge as its gateway, masquerading
 * towards the outside and, when asked, host ports. All links and the one nft table carry the node's own id, and stay
 * while the agent is away; `cleanup` removes them. Rules of other tables are neither read nor changed, which also means
 * that a DROP of theirs still drops.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { PortMapping } from '../runtime/index.ts'
import { Ipam, Subnet } from './ipam.ts'
import type { AttachRequest, PodNetwork } from './pod-network.ts'
import { runCommand } from './run-command.ts'

export interface BridgeNetworkOptions {
  /** For the leases and host ports. */
  readonly directory: string
  /** Tells this node's links and tables from others on the machine: up to 8 letters or digits. */
  readonly id: string
  /** `10.244.0.0/24`: the range of this node. */
  readonly podCidr: string
  /** `10.96.0.0/16`: routed to the bridge, so that the host itself can reach services. */
  readonly serviceCidr: string
  /** Default `petrel-<id>`; at most 15 characters. */
  readonly bridge?: string
}

interface HostPorts {
  readonly [sandboxId: string]: { readonly ip: string; readonly mappings: readonly PortMapping[] }
}

export class BridgeNetwork implements PodNetwork {
  readonly bridge: string
  readonly subnet: Subnet
  readonly table: string
  readonly description: string
  readonly #options: BridgeNetworkOptions
  readonly #ipam: Ipam
  readonly #portsPath: string
  #hostPorts: HostPorts
  #mtu = 1500

  private constructor(options: BridgeNetworkOptions) {
    if (!/^[a-z0-9]{1,8}$/.test(options.id))
      throw new RangeError(`network id ${JSON.stringify(options.id)} must be 1 to 8 of a-z and 0-9`)
    this.#options = options
    this.bridge = options.bridge ?? `petrel-${options.id}`
    if (this.bridge.length > 15) throw new RangeError(`bridge name "${this.bridge}" is longer than 15 characters`)
    this.subnet = new Subnet(options.podCidr)
    this.table = `petrel_${options.id}`
    this.description = `pods on bridge ${this.bridge} (${this.subnet}), nftables services`
    this.#ipam = new Ipam(join(options.directory, 'leases.json'), this.subnet)
    this.#portsPath = join(options.directory, 'host-ports.json')
    this.#hostPorts = fs.existsSync(this.#portsPath)
      ? (JSON.parse(fs.readFileSync(this.#portsPath, 'utf8')) as HostPorts)
      : {}
  }

  /** Makes, or finds again, the bridge, the routes and the table. */
  static async open(options: BridgeNetworkOptions): Promise<BridgeNetwork> {
    const network = new BridgeNetwork(options)
    await network.#setup()
    return network
  }

  /** Address of the node on the bridge: gateway of the pods, and where cluster DNS can listen. */
  get gateway(): string {
    return this.subnet.address(1)
  }

  async attach(request: AttachRequest): Promise<readonly string[]> {
    const ip = this.#ipam.allocate(request.id)
    const host = this.#hostLink(request.id)
    const inside = [
      'link set lo up',
      `link add name eth0 mtu ${this.#mtu} type veth peer name ${host} netns ${process.pid}`,
      `addr add ${ip}/${this.subnet.prefix} dev eth0`,
      'link set eth0 up',
      `route add default via ${this.gateway}`,
    ]
    const outside = [
      `link set dev ${host} mtu ${this.#mtu} master ${this.bridge}`,
      `link set dev ${host} type bridge_slave hairpin on`,
      `link set dev ${host} up`,
    ]
    try {
      await runCommand(['nsenter', `--net=${request.netns}`, 'ip', '-batch', '-'], { input: `${inside.join('\n')}\n` })
      await runCommand(['ip', '-batch', '-'], { input: `${outside.join('\n')}\n` })
      if (request.portMappings.some(mapping => mapping.hostPort > 0))
        await this.#openHostPorts(request.id, ip, request.portMappings)
    } catch (error) {
      await this.detach(request.id)
      throw error
    }
    return [ip]
  }

  async detach(id: string): Promise<void> {
    if (this.#hostPorts[id]) {
      const rest = Object.fromEntries(Object.entries(this.#hostPorts).filter(([owner]) => owner !== id))
      await this.#saveHostPorts(rest)
    }
    const host = this.#hostLink(id)
    if (fs.existsSync(`/proc/sys/net/ipv4/conf/${host}`)) {
      await runCommand(['ip', 'link', 'del', host]).catch((error: Error) => {
        // The namespace may have ended in between and taken the link along.
        if (!/Cannot find device/.test(error.message)) throw error
      })
    }
    this.#ipam.release(id)
  }

  /** Puts a further address on the bridge: cluster DNS answers at its service address without a proxy in between. */
  async addServiceAddress(ip: string): Promise<void> {
    await runCommand(['ip', 'addr', 'replace', `${ip}/32`, 'dev', this.bridge])
  }

  /** Removes the bridge, the pods' links with it, and the table. */
  async cleanup(): Promise<void> {
    await runCommand(['nft', '-f', '-'], { input: `table ip ${this.table}\ndelete table ip ${this.table}\n` })
    if (fs.existsSync(`/proc/sys/net/ipv4/conf/${this.bridge}`)) await runCommand(['ip', 'link', 'del', this.bridge])
  }

  async #setup(): Promise<void> {
    const { bridge, gateway, subnet } = this
    const there = fs.existsSync(`/proc/sys/net/ipv4/conf/${bridge}`)
    const addresses = JSON.parse(await runCommand(['ip', '-j', '-4', 'addr', 'show'])) as {
      ifname?: string
      addr_info?: { local?: string }[]
    }[]
    const other = addresses.find(
      link => link.ifname !== bridge && link.addr_info?.some(a => a.local && subnet.contains(a.local)),
    )
    if (other)
      throw new Error(`the pod range ${subnet} is already used by link ${other.ifname}; give another with --pod-cidr`)
    this.#mtu = await uplinkMtu()
    const lines = [
      ...(there ? [] : [`link add name ${bridge} mtu ${this.#mtu} type bridge`]),
      `addr replace ${gateway}/${subnet.prefix} dev ${bridge}`,
      `link set ${bridge} up`,
      `route replace ${this.#options.serviceCidr} dev ${bridge} src ${gateway}`,
    ]
    await runCommand(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` })
    sysctl('net/ipv4/ip_forward', '1')
    // Host ports and node ports are reached at 127.0.0.1 too.
    sysctl(`net/ipv4/conf/${bridge}/route_localnet`, '1')
    // A packet to a service leaves by the link it came from; a redirect would send pods to look for it by ARP. The
    // setting of one link holds only where that of all is off; other links keep their own.
    sysctl('net/ipv4/conf/all/send_redirects', '0')
    sysctl(`net/ipv4/conf/${bridge}/send_redirects`, '0')
    // Answers between pods of one bridge must pass conntrack on their way back through a service.
    if (fs.existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables')) sysctl('net/bridge/bridge-nf-call-iptables', '1')
    await this.#writeTable()
  }

  async #writeTable(): Promise<void> {
    const { bridge, subnet, table } = this
    const at: string[] = []
    const any: string[] = []
    const hairpin = new Set<string>()
    for (const { ip, mappings } of Object.values(this.#hostPorts)) {
      for (const mapping of mappings.filter(m => m.hostPort > 0)) {
        const key = `${mapping.protocol.toLowerCase()} . ${mapping.hostPort} : ${ip} . ${mapping.containerPort}`
        const bound = mapping.hostIP !== '' && mapping.hostIP !== '0.0.0.0'
        if (bound) at.push(`${mapping.hostIP} . ${key}`)
        else any.push(key)
        hairpin.add(`${ip} . ${ip}`)
      }
    }
    const elements = (list: Iterable<string>): string => {
      const all = [...list]
      return all.length > 0 ? `elements = { ${all.join(', ')} };` : ''
    }
    await runCommand(['nft', '-f', '-'], {
      input: `table ip ${table}
delete table ip ${table}
table ip ${table} {
  map ports_at { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; ${elements(at)} }
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; ${elements(any)} }
  set hairpin { type ipv4_addr . ipv4_addr; ${elements(hairpin)} }
  chain host_ports {
    dnat ip to ip daddr . meta l4proto . th dport map @ports_at
    dnat ip to meta l4proto . th dport map @ports
  }
  chain prerouting { type nat hook prerouting priority dstnat; fib daddr type local jump host_ports; }
  chain output { type nat hook output priority -100; fib daddr type local jump host_ports; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr ${subnet} oifname != "${bridge}" masquerade
    ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade
    ct status dnat ip saddr . ip daddr @hairpin masquerade
  }
}
`,
    })
  }

  async #openHostPorts(id: string, ip: string, mappings: readonly PortMapping[]): Promise<void> {
    const keys = (list: readonly PortMapping[]): string[] =>
      list.filter(m => m.hostPort > 0).map(m => `${m.hostIP || '0.0.0.0'}:${m.hostPort}/${m.protocol}`)
    const taken = new Set(Object.values(this.#hostPorts).flatMap(entry => keys(entry.mappings)))
    const clash = keys(mappings).find(key => taken.has(key))
    if (clash) throw new Error(`host port ${clash} is already in use by another pod of this node`)
    await this.#saveHostPorts({ ...this.#hostPorts, [id]: { ip, mappings } })
  }

  async #saveHostPorts(ports: HostPorts): Promise<void> {
    this.#hostPorts = ports
    fs.writeFileSync(`${this.#portsPath}.tmp`, JSON.stringify(ports))
    fs.renameSync(`${this.#portsPath}.tmp`, this.#portsPath)
    await this.#writeTable()
  }

  #hostLink(sandboxId: string): string {
    return `pv${createHash('sha256').update(`${this.#options.id}/${sandboxId}`).digest('hex').slice(0, 12)}`
  }
}

/** The mtu towards the outside: a larger one on the bridge would lose packets. */
async function uplinkMtu(): Promise<number> {
  const routes = JSON.parse((await runCommand(['ip', '-j', '-4', 'route', 'show', 'default'])) || '[]') as {
    dev?: string
  }[]
  const dev = routes[0]?.dev
  if (dev === undefined) return 1500
  const links = JSON.parse(await runCommand(['ip', '-j', 'link', 'show', 'dev', dev])) as { mtu?: number }[]
  return links[0]?.mtu ?? 1500
}

function sysctl(name: string, value: string): void {
  const path = `/proc/sys/${name}`
  if (fs.readFileSync(path, 'utf8').trim() !== value) fs.writeFileSync(path, value)
}
