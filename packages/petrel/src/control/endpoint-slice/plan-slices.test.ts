import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '@petrel/machinery/api/core-v1'
import type { Endpoint, EndpointSlice } from '@petrel/machinery/api/discovery-v1'
import fc from 'fast-check'
import { sameJson } from '../../client/index.ts'
import { type EndpointGroup, portsKey } from './desired-endpoints.ts'
import { type Plan, planSlices } from './plan-slices.ts'

const service: Service = { metadata: { name: 'web', namespace: 'a', uid: 'svc', labels: { app: 'web' } }, spec: {} }
const limit = 4

function endpoint(uid: string, ready: boolean): Endpoint {
  return { addresses: [`10.0.0.${uid}`], conditions: { ready }, targetRef: { kind: 'Pod', uid } }
}

function groupOf(port: number, uids: ReadonlyMap<string, boolean>): EndpointGroup {
  return {
    addressType: 'IPv4',
    ports: [{ name: '', port, protocol: 'TCP' }],
    endpoints: new Map([...uids].map(([uid, ready]) => [uid, endpoint(uid, ready)])),
  }
}

/** What the server makes of a plan. */
function carryOut(slices: readonly EndpointSlice[], plan: Plan, nextName: () => string): EndpointSlice[] {
  const kept = slices.filter(slice => !plan.delete.some(gone => gone.metadata?.name === slice.metadata?.name))
  const updated = kept.map(
    slice => plan.update.find(({ metadata }) => metadata?.name === slice.metadata?.name) ?? slice,
  )
  return [...updated, ...plan.create.map(slice => ({ ...slice, metadata: { ...slice.metadata, name: nextName() } }))]
}

const wishes = fc.array(
  fc.record({
    port: fc.constantFrom(80, 8080),
    pods: fc.dictionary(fc.constantFrom(...Array.from({ length: 14 }, (_, i) => String(i + 1))), fc.boolean(), {
      maxKeys: 14,
    }),
  }),
  { minLength: 1, maxLength: 6 },
)

test('planSlices() reaches what is wanted from whatever is there, within the limit, and then rests', () => {
  fc.assert(
    fc.property(wishes, sequence => {
      let slices: EndpointSlice[] = []
      let names = 0
      const nextName = (): string => `web-${names++}`
      for (const { port, pods } of sequence) {
        const group = groupOf(port, new Map(Object.entries(pods)))
        const groups =
          group.endpoints.size > 0
            ? [group]
            : [{ addressType: 'IPv4', ports: [], endpoints: new Map<string, Endpoint>() }]
        const before = slices
        slices = carryOut(slices, planSlices(service, groups, slices, limit), nextName)

        const held = slices.flatMap(slice => slice.endpoints ?? [])
        const wanted = [...(groups[0]?.endpoints.values() ?? [])]
        const uid = ({ targetRef }: Endpoint): string => targetRef?.uid ?? ''
        assert.deepEqual(
          held.toSorted((a, b) => (uid(a) < uid(b) ? -1 : 1)),
          wanted.toSorted((a, b) => (uid(a) < uid(b) ? -1 : 1)),
        )
        assert.ok(slices.length >= 1)
        for (const slice of slices) {
          assert.ok((slice.endpoints?.length ?? 0) <= limit)
          assert.equal(portsKey(slice.ports), portsKey(groups[0]?.ports))
        }
        assertStayed(before, slices)
        const again = planSlices(service, groups, slices, limit)
        assert.deepEqual([again.create, again.update, again.delete], [[], [], []])
      }
    }),
  )
})

/** An endpoint that is still wanted under the same ports stays in its slice. */
function assertStayed(before: readonly EndpointSlice[], after: readonly EndpointSlice[]): void {
  for (const slice of before) {
    const now = after.find(({ metadata }) => metadata?.name === slice.metadata?.name)
    if (now && portsKey(now.ports) !== portsKey(slice.ports)) continue
    for (const { targetRef } of slice.endpoints ?? []) {
      const home = after.find(({ endpoints }) =>
        endpoints?.some(candidate => candidate.targetRef?.uid === targetRef?.uid),
      )
      if (home && portsKey(home.ports) === portsKey(slice.ports))
        assert.equal(home.metadata?.name, slice.metadata?.name)
    }
  }
}

function slice(name: string, uids: readonly string[], owner = 'svc'): EndpointSlice {
  const [made] = planSlices(
    { ...service, metadata: { ...service.metadata, uid: owner } },
    [groupOf(80, new Map(uids.map(uid => [uid, true])))],
    [],
    100,
  ).create
  return { ...made!, metadata: { ...made?.metadata, name } }
}

test('planSlices() fills the slice that is written anyway before it touches others', () => {
  const slices = [slice('full', ['1', '2', '3']), slice('other', ['4', '5'])]
  const wanted = new Map(['1', '2', '4', '5', '6'].map(uid => [uid, true] as const))
  const plan = planSlices(service, [groupOf(80, wanted)], slices, limit)
  assert.deepEqual(
    plan.update.map(({ metadata }) => metadata?.name),
    ['full'],
  )
  assert.deepEqual([plan.create, plan.delete], [[], []])
})

test('planSlices() adds to the fullest slice that has room for all', () => {
  const slices = [slice('two', ['1', '2']), slice('three', ['3', '4', '5']), slice('one', ['6'])]
  const wanted = new Map(['1', '2', '3', '4', '5', '6', '7', '8'].map(uid => [uid, true] as const))
  const plan = planSlices(service, [groupOf(80, wanted)], slices, limit)
  assert.deepEqual(
    plan.update.map(({ metadata }) => metadata?.name),
    ['two'],
  )
})

test('planSlices() deletes slices of an earlier service of the same name', () => {
  const foreign = slice('foreign', ['1'], 'an-earlier-one')
  const plan = planSlices(service, [groupOf(80, new Map([['1', true]]))], [foreign], limit)
  assert.deepEqual(
    plan.delete.map(({ metadata }) => metadata?.name),
    ['foreign'],
  )
  assert.equal(plan.create.length, 1)
})

test('planSlices() brings labels of slices into line with those of the service', () => {
  const plain = slice('web-1', ['1'])
  const relabelled = { ...service, metadata: { ...service.metadata, labels: { app: 'shop' } } }
  const plan = planSlices(relabelled, [groupOf(80, new Map([['1', true]]))], [plain], limit)
  assert.deepEqual(plan.update[0]?.metadata?.labels, {
    app: 'shop',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'web',
  })
  assert.equal(sameJson(plan.update[0]?.endpoints, plain.endpoints), true)
})
