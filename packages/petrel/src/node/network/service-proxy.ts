/**
 * Keeps the kernel's service table equal to what the Services say. Each change is one nft transaction that holds only
 * what differs; packets see the state before or after, never between. The first one replaces the whole table, which is
 * how the rules that an earlier agent left are taken over. While the agent is away the rules stay.
 */
import { readFileSync } from 'node:fs'
import { runCommand } from './run-command.ts'
import {
  compileRules,
  type MapName,
  mapTypes,
  type ProxiedService,
  type ProxiedSlice,
  type RuleSet,
} from './service-rules.ts'

export interface ServiceProxyOptions {
  /** As in BridgeNetworkOptions. */
  readonly id: string
  readonly nodeName: string
  readonly podCidr: string
  readonly serviceCidr: string
}

/** The bit with which kube-proxy marks what is to be masqueraded. */
const mark = '0x4000'

export class ServiceProxy {
  readonly table: string
  readonly #options: ServiceProxyOptions
  readonly #masqueradePods: boolean
  #applied: RuleSet | undefined
  #wanted: RuleSet | undefined
  #running: Promise<void> | undefined

  constructor(options: ServiceProxyOptions) {
    this.#options = options
    this.table = `petrel_${options.id}_services`
    this.#masqueradePods = !bridgedTrafficIsTracked()
  }

  /** Resolves when the kernel has these rules or newer ones. Calls during a change are taken together. */
  update(services: Iterable<ProxiedService>, slices: Iterable<ProxiedSlice>): Promise<void> {
    const { nodeName, podCidr } = this.#options
    this.#wanted = compileRules(services, slices, { nodeName, podCidr, masqueradePods: this.#masqueradePods })
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Removes the table. */
  async cleanup(): Promise<void> {
    await this.#running
    this.#applied = undefined
    await nft(`table ip ${this.table}\ndelete table ip ${this.table}\n`)
  }

  async #run(): Promise<void> {
    while (this.#wanted) {
      const wanted = this.#wanted
      this.#wanted = undefined
      const commands = this.#applied ? difference(this.table, this.#applied, wanted) : this.#whole(wanted)
      if (commands === '') continue
      try {
        await nft(commands)
      } catch (error) {
        // Somebody may have changed the table behind our back: write it anew, once.
        if (!this.#applied) throw error
        this.#applied = undefined
        await nft(this.#whole(wanted))
      }
      this.#applied = wanted
    }
  }

  #whole(rules: RuleSet): string {
    const { table } = this
    const { podCidr, serviceCidr } = this.#options
    const masquerade = this.#masqueradePods ? `ip saddr ${podCidr} ip daddr ${serviceCidr} jump mark_masquerade;` : ''
    const empty = Object.entries(mapTypes).map(([name, type]) => `  map ${name} { type ${type}; }`)
    const base = `table ip ${table}
delete table ip ${table}
table ip ${table} {
${empty.join('\n')}
  set cluster_ips { type ipv4_addr; }
  chain mark_masquerade { meta mark set meta mark or ${mark}; }
  chain reject_all {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain dispatch {
    ${masquerade}
    ip daddr . meta l4proto . th dport vmap @services
    fib daddr type local meta l4proto . th dport vmap @node_ports
  }
  chain prerouting { type nat hook prerouting priority dstnat; jump dispatch; }
  chain output { type nat hook output priority -100; jump dispatch; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    meta mark and ${mark} == 0 return
    meta mark set meta mark xor ${mark}
    masquerade fully-random
  }
  chain unserved {
    ip daddr . meta l4proto . th dport vmap @no_services
    fib daddr type local meta l4proto . th dport vmap @no_node_ports
    ip daddr @cluster_ips goto reject_all
  }
  chain filter_input { type filter hook input priority -1; ct state new jump unserved; }
  chain filter_forward { type filter hook forward priority -1; ct state new jump unserved; }
  chain filter_output { type filter hook output priority -1; ct state new jump unserved; }
}
`
    return base + difference(table, emptyRules(), rules)
  }
}

/** The commands that turn one rule set into another, in an order that never names what is not there. */
export function difference(table: string, from: RuleSet, to: RuleSet): string {
  const lines: string[] = []
  const at = `ip ${table}`
  const freshSets = [...to.affinitySets].filter(([name]) => !from.affinitySets.has(name))
  const staleSets = [...from.affinitySets.keys()].filter(name => !to.affinitySets.has(name))
  const changed = [...to.chains].filter(([name, rules]) => !same(from.chains.get(name), rules))
  const stale = [...from.chains.keys()].filter(name => !to.chains.has(name))

  for (const [name, seconds] of freshSets) {
    lines.push(`add set ${at} ${name} { type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; }`)
  }
  for (const [name] of changed) if (!from.chains.has(name)) lines.push(`add chain ${at} ${name}`)
  for (const [name] of changed) if (from.chains.has(name)) lines.push(`flush chain ${at} ${name}`)
  for (const [name, rules] of changed) for (const rule of rules) lines.push(`add rule ${at} ${name} ${rule}`)
  for (const map of Object.keys(mapTypes) as MapName[]) {
    const before = from.maps[map]
    const after = to.maps[map]
    const gone = [...before].filter(([key, verdict]) => after.get(key) !== verdict)
    const come = [...after].filter(([key, verdict]) => before.get(key) !== verdict)
    if (gone.length > 0)
      lines.push(`delete element ${at} ${map} { ${gone.map(([key, verdict]) => `${key} : ${verdict}`).join(', ')} }`)
    if (come.length > 0)
      lines.push(`add element ${at} ${map} { ${come.map(([key, verdict]) => `${key} : ${verdict}`).join(', ')} }`)
  }
  const goneIps = [...from.clusterIps].filter(ip => !to.clusterIps.has(ip))
  const comeIps = [...to.clusterIps].filter(ip => !from.clusterIps.has(ip))
  if (goneIps.length > 0) lines.push(`delete element ${at} cluster_ips { ${goneIps.join(', ')} }`)
  if (comeIps.length > 0) lines.push(`add element ${at} cluster_ips { ${comeIps.join(', ')} }`)
  for (const name of stale) lines.push(`flush chain ${at} ${name}`)
  for (const name of stale) lines.push(`delete chain ${at} ${name}`)
  for (const name of staleSets) lines.push(`delete set ${at} ${name}`)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

export function emptyRules(): RuleSet {
  return {
    chains: new Map(),
    affinitySets: new Map(),
    maps: { services: new Map(), node_ports: new Map(), no_services: new Map(), no_node_ports: new Map() },
    clusterIps: new Set(),
  }
}

function same(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((rule, i) => rule === b[i])
}

function nft(commands: string): Promise<string> {
  return runCommand(['nft', '-f', '-'], { input: commands })
}

function bridgedTrafficIsTracked(): boolean {
  try {
    return readFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', 'utf8').trim() === '1'
  } catch {
    return false
  }
}
