import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Ipam, parseIp, Subnet } from './ipam.ts'
import { difference, emptyRules } from './service-proxy.ts'
import { compileRules, type ProxiedService, type ProxiedSlice, type RuleSet } from './service-rules.ts'

const options = { nodeName: 'here', podCidr: '10.244.0.0/24', masqueradePods: false }
const slice = (name: string, endpoints: ProxiedSlice['endpoints']): ProxiedSlice => ({
  metadata: { namespace: 'ns', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: '', protocol: 'TCP', port: 8080 }],
  ...(endpoints ? { endpoints } : {}),
})
const make = (spec: ProxiedService['spec']): ProxiedService => ({
  metadata: { name: 'a', namespace: 'ns' },
  spec: { clusterIP: '10.96.0.5', ports: [{ port: 80 }], ...spec },
})
const here = { addresses: ['10.244.0.2'], nodeName: 'here' }
const there = { addresses: ['10.244.1.2'], nodeName: 'there' }

/** Which endpoints a verdict may lead to; words for the other ends. */
function reach(rules: RuleSet, verdict: string | undefined): string[] {
  if (verdict === undefined) return ['nothing']
  if (!verdict.startsWith('goto ')) return [verdict]
  const chain = rules.chains.get(verdict.slice(5))
  if (!chain) return [verdict.slice(5)]
  const ends = new Set<string>()
  // Rules for pods and for the node itself are passed over: this is what a stranger meets.
  for (const rule of chain.filter(r => !r.startsWith('ip saddr') && !r.startsWith('fib'))) {
    const target = / dnat to (\S+)$/.exec(rule)?.[1]
    if (target) ends.add(target)
    else if (rule === 'drop') ends.add('drop')
    for (const [, next] of rule.matchAll(/goto (\w+)/g)) for (const end of reach(rules, `goto ${next}`)) ends.add(end)
  }
  return [...ends].sort()
}

const key = '10.96.0.5 . tcp . 80'
const cases: {
  title: string
  spec: ProxiedService['spec']
  endpoints: NonNullable<ProxiedSlice['endpoints']>
  look: (rules: RuleSet) => string[]
  expected: string[]
}[] = [
  {
    title: 'all ready endpoints',
    spec: {},
    endpoints: [here, there, { addresses: ['10.244.0.3'], conditions: { ready: false } }],
    look: r => reach(r, r.maps.services.get(key)),
    expected: ['10.244.0.2:8080', '10.244.1.2:8080'],
  },
  {
    title: 'serving ones when none is ready',
    spec: {},
    endpoints: [{ ...here, conditions: { ready: false, serving: true, terminating: true } }],
    look: r => reach(r, r.maps.services.get(key)),
    expected: ['10.244.0.2:8080'],
  },
  {
    title: 'reject without endpoints',
    spec: {},
    endpoints: [],
    look: r => reach(r, r.maps.no_services.get(key)),
    expected: ['reject_all'],
  },
  {
    title: 'only local ones with internalTrafficPolicy Local',
    spec: { internalTrafficPolicy: 'Local' },
    endpoints: [here, there],
    look: r => reach(r, r.maps.services.get(key)),
    expected: ['10.244.0.2:8080'],
  },
  {
    title: 'drop with internalTrafficPolicy Local and none here',
    spec: { internalTrafficPolicy: 'Local' },
    endpoints: [there],
    look: r => reach(r, r.maps.no_services.get(key)),
    expected: ['drop'],
  },
  {
    title: 'node port to everyone',
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] },
    endpoints: [here, there],
    look: r => reach(r, r.maps.node_ports.get('tcp . 30001')),
    expected: ['10.244.0.2:8080', '10.244.1.2:8080'],
  },
  {
    title: 'node port with externalTrafficPolicy Local to those here',
    spec: { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30001 }] },
    endpoints: [here, there],
    look: r => reach(r, r.maps.node_ports.get('tcp . 30001')),
    expected: ['10.244.0.2:8080'],
  },
  {
    title: 'node port with externalTrafficPolicy Local and none here',
    spec: { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30001 }] },
    endpoints: [there],
    look: r => reach(r, r.maps.node_ports.get('tcp . 30001')),
    expected: ['drop'],
  },
  {
    title: 'node port rejected without endpoints',
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] },
    endpoints: [],
    look: r => reach(r, r.maps.no_node_ports.get('tcp . 30001')),
    expected: ['reject_all'],
  },
  {
    title: 'external IPs',
    spec: { externalIPs: ['192.0.2.9'] },
    endpoints: [here],
    look: r => reach(r, r.maps.services.get('192.0.2.9 . tcp . 80')),
    expected: ['10.244.0.2:8080'],
  },
  {
    title: 'nothing for headless services',
    spec: { clusterIP: 'None' },
    endpoints: [here],
    look: r => [...r.maps.services.keys()],
    expected: [],
  },
  {
    title: 'UDP apart from TCP',
    spec: { ports: [{ port: 80, protocol: 'UDP' }] },
    endpoints: [here],
    look: r => [...r.maps.services.keys(), ...r.maps.no_services.keys()],
    expected: ['10.96.0.5 . udp . 80'],
  },
]
for (const { title, spec, endpoints, look, expected } of cases) {
  test(`compileRules() gives ${title}`, () =>
    assert.deepEqual(look(compileRules([make(spec)], [slice('a', endpoints)], options)), expected))
}

test('compileRules() names are the same for the same input', () => {
  const once = (): RuleSet =>
    compileRules([make({ sessionAffinity: 'ClientIP' })], [slice('a', [here, there])], options)
  assert.deepEqual(once(), once())
  assert.equal(once().affinitySets.size, 2)
})

test('difference() of equal rule sets is nothing, and of one endpoint is small', () => {
  const many = Array.from({ length: 500 }, (_, i) => ({
    metadata: { name: `s${i}`, namespace: 'ns' },
    spec: { clusterIP: `10.96.${i >> 8}.${i & 255}`, ports: [{ port: 80 }] },
  }))
  const slices = many.map(service => slice(service.metadata.name, [here]))
  const from = compileRules(many, slices, options)
  assert.equal(difference('t', from, compileRules(many, slices, options)), '')
  const to = compileRules(many, [...slices.slice(1), slice('s0', [here, there])], options)
  assert.ok(difference('t', from, to).split('\n').length < 8)
})

/** nft as far as difference() uses it: refuses what nft would refuse. */
class Table {
  chains = new Map<string, string[]>([
    ['reject_all', []],
    ['mark_masquerade', []],
  ])
  sets = new Set<string>()
  elements = new Map<string, string>()

  apply(commands: string): void {
    for (const line of commands.split('\n').filter(Boolean)) {
      const [verb = '', what = '', , , name = '', ...rest] = line.split(' ')
      const body = rest.join(' ')
      const known = (list: { has(n: string): boolean }): void => assert.ok(list.has(name), `${line}: not there`)
      switch (`${verb} ${what}`) {
        case 'add set':
          this.sets.add(name)
          break
        case 'delete set':
          known(this.sets)
          assert.ok(!this.#uses(`@${name}`), line)
          this.sets.delete(name)
          break
        case 'add chain':
          assert.ok(!this.chains.has(name), line)
          this.chains.set(name, [])
          break
        case 'flush chain':
          known(this.chains)
          this.chains.set(name, [])
          break
        case 'delete chain':
          known(this.chains)
          assert.ok(!this.#uses(`goto ${name}`), `${line}: in use`)
          this.chains.delete(name)
          break
        case 'add rule':
          known(this.chains)
          for (const [, target = ''] of body.matchAll(/(?:goto|jump) (\w+)/g)) {
            assert.ok(this.chains.has(target), `${line}: no ${target}`)
          }
          this.chains.get(name)?.push(body)
          break
        default:
          this.#element(verb, name, body)
      }
    }
  }

  #element(verb: string, map: string, body: string): void {
    for (const item of body.slice(2, -2).split(', ')) {
      const [at = '', verdict = ''] = item.split(' : ')
      const key = `${map} ${at}`
      if (verb === 'delete') {
        assert.equal(this.elements.get(key), verdict, `delete ${key}`)
        this.elements.delete(key)
      } else {
        assert.ok(!this.elements.has(key), `add ${key}`)
        this.elements.set(key, verdict)
      }
    }
  }

  #uses(words: string): boolean {
    const ends = new RegExp(`${words}\\b`)
    return (
      [...this.chains.values()].flat().some(rule => ends.test(rule)) ||
      [...this.elements.values()].some(verdict => ends.test(verdict))
    )
  }
}

test('difference() leads from any rules to any others, step by step, as one that starts anew', () => {
  const arbitrary = fc.array(
    fc.record({
      id: fc.nat(3),
      type: fc.constantFrom('ClusterIP', 'NodePort'),
      sessionAffinity: fc.constantFrom('None', 'ClientIP'),
      timeout: fc.constantFrom(60, 600),
      externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
      endpoints: fc.subarray([here, there, { addresses: ['10.244.0.9'], nodeName: 'here' }]),
    }),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 5 }), steps => {
      const table = new Table()
      let before = emptyRules()
      for (const step of steps) {
        const unique = [...new Map(step.map(item => [item.id, item])).values()]
        const services = unique.map(({ id, timeout, endpoints: _, ...spec }) => ({
          metadata: { name: `s${id}`, namespace: 'ns' },
          spec: {
            ...spec,
            clusterIP: `10.96.0.${id}`,
            sessionAffinityConfig: { clientIP: { timeoutSeconds: timeout } },
            ports: [{ port: 80, nodePort: 30_000 + id }],
          },
        }))
        const next = compileRules(
          services,
          unique.map(({ id, endpoints }) => slice(`s${id}`, endpoints)),
          options,
        )
        table.apply(difference('t', before, next))
        before = next
        const fresh = new Table()
        fresh.apply(difference('t', emptyRules(), next))
        assert.deepEqual(new Map([...table.chains].sort()), new Map([...fresh.chains].sort()))
        assert.deepEqual(new Map([...table.elements].sort()), new Map([...fresh.elements].sort()))
        assert.deepEqual([...table.sets].sort(), [...fresh.sets].sort())
      }
    }),
    { numRuns: 200 },
  )
})

test('Subnet refuses what is no range', () => {
  for (const text of ['10.0.0.0', '10.0.0.1/24', '10.0.0.0/30', '10.0.0.0/7', '300.0.0.0/24', 'fd00::/64', '']) {
    assert.throws(() => new Subnet(text), RangeError, text)
  }
  assert.equal(new Subnet('10.244.1.0/24').address(255), '10.244.1.255')
  assert.ok(new Subnet('192.168.0.0/16').contains('192.168.255.1'))
  assert.equal(parseIp('1.2.3.04'), undefined)
})

test('Ipam gives each owner one address, none twice, and remembers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'petrel-ipam-'))
  const path = join(folder, 'leases.json')
  const subnet = new Subnet('10.0.0.0/28')
  const ipam = new Ipam(path, subnet)
  const first = ipam.allocate('a')
  assert.equal(first, '10.0.0.2')
  assert.equal(ipam.allocate('a'), first)
  const others = Array.from({ length: 12 }, (_, i) => ipam.allocate(`o${i}`))
  assert.equal(new Set([first, ...others]).size, 13)
  assert.throws(() => ipam.allocate('more'), /no address is left in the pod range 10\.0\.0\.0\/28 \(13 in use\)/)
  ipam.release('o3')
  const again = new Ipam(path, subnet)
  assert.equal(again.allocate('a'), first)
  assert.equal(again.allocate('new'), others[3])
  assert.equal(new Ipam(path, new Subnet('10.1.0.0/28')).allocate('a'), '10.1.0.2')
  rmSync(folder, { recursive: true })
})
