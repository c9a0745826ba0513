import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, Secret } from '@petrel/machinery/api/core-v1'
import { FakeClock } from '../../base/index.ts'
import { type Image, type ImageService, RuntimeError } from '../runtime/index.ts'
import { ImagePuller } from './image-puller.ts'
import { registryCredentials } from './registry-credentials.ts'

/** A registry that counts, and waits or fails on demand. */
class Registry {
  readonly present = new Set<string>()
  readonly pulls: string[] = []
  fault: Error | undefined
  gate: Promise<void> = Promise.resolve()
  readonly images = {
    status: async (reference: string) => (this.present.has(reference) ? this.#image(reference) : undefined),
    pull: async (reference: string, auth?: { username: string }) => {
      this.pulls.push(`${reference}${auth ? ` as ${auth.username}` : ''}`)
      await this.gate
      if (this.fault) throw this.fault
      this.present.add(reference)
      return this.#image(reference)
    },
  } as unknown as ImageService

  #image(reference: string): Image {
    return { id: `sha256:${reference}`, sizeBytes: 5 } as unknown as Image
  }
}

function setup() {
  const clock = new FakeClock()
  const registry = new Registry()
  const puller = new ImagePuller(registry.images, clock)
  const said: string[] = []
  const ensure = (imagePullPolicy: string, uid = 'u', auth?: { username: string; password: string }) => {
    const pod: Pod = { metadata: { uid } }
    const container = { name: 'main', image: 'app:1', imagePullPolicy }
    return puller.ensure(
      pod,
      container,
      (_type, reason, message) => said.push(`${reason}: ${message}`),
      async () => auth,
    )
  }
  const waiting = async (policy: string, uid?: string): Promise<string | undefined> => {
    const result = await ensure(policy, uid)
    return 'waiting' in result ? result.waiting.reason : undefined
  }
  return { clock, registry, puller, said, ensure, waiting }
}

for (const [policy, present, pulls, reason] of [
  ['IfNotPresent', true, 0, undefined],
  ['IfNotPresent', false, 1, undefined],
  ['Always', true, 1, undefined],
  ['Always', false, 1, undefined],
  ['Never', true, 0, undefined],
  ['Never', false, 0, 'ErrImageNeverPull'],
] as const) {
  test(`ensure() with policy ${policy} and the image ${present ? 'present' : 'absent'} pulls ${pulls} times`, async () => {
    const { registry, waiting } = setup()
    if (present) registry.present.add('app:1')
    assert.equal(await waiting(policy), reason)
    assert.equal(registry.pulls.length, pulls)
  })
}

test('ensure() says what it does in Events', async () => {
  const { said, ensure } = setup()
  await ensure('IfNotPresent', 'u', { username: 'me', password: 'x' })
  await ensure('IfNotPresent')
  assert.deepEqual(said, [
    'Pulling: Pulling image "app:1"',
    'Pulled: Successfully pulled image "app:1" in 0ms (0ms including waiting). Image size: 5 bytes.',
    'Pulled: Container image "app:1" already present on machine',
  ])
})

test('ensure() pulls once for all who wait for the same image', async () => {
  const { registry, ensure } = setup()
  const gate = Promise.withResolvers<void>()
  registry.gate = gate.promise
  const all = ['a', 'b', 'c'].map(uid => ensure('Always', uid))
  await new Promise(resolve => setImmediate(resolve))
  gate.resolve()
  const results = await Promise.all(all)
  assert.deepEqual(registry.pulls, ['app:1'])
  assert.ok(results.every(result => 'image' in result))
  await ensure('Always')
  assert.equal(registry.pulls.length, 2)
})

test('ensure() waits 10 s, 20 s … after failures, each pod for itself, and forgets them with the pod', async () => {
  const { clock, registry, puller, said, waiting } = setup()
  registry.fault = new Error('no route to host')
  const steps: (string | undefined)[] = []
  for (const ms of [0, 9_000, 1_000, 19_000, 1_000, 39_000]) {
    await clock.advance(ms)
    steps.push(await waiting('IfNotPresent'))
  }
  const [failed, backOff] = ['ErrImagePull', 'ImagePullBackOff']
  assert.deepEqual(steps, [failed, backOff, failed, backOff, failed, backOff])
  assert.ok(said.includes('Failed: Failed to pull image "app:1": no route to host'))
  assert.equal(said.at(-1), 'BackOff: Back-off pulling image "app:1"')
  assert.equal(await waiting('IfNotPresent', 'other'), failed)
  puller.forget('u')
  registry.fault = undefined
  assert.equal(await waiting('IfNotPresent'), undefined)
})

test('ensure() tells a name that cannot be from an image that is not there', async () => {
  const { registry, waiting } = setup()
  registry.fault = new RuntimeError('InvalidImageName', 'invalid reference format')
  assert.equal(await waiting('IfNotPresent'), 'InvalidImageName')
})

const json = (value: unknown): string => btoa(JSON.stringify(value))
const login = (username: string, password = 'p') => ({ auth: btoa(`${username}:${password}`) })
const secretOf = (auths: Record<string, object>): Secret => ({ data: { '.dockerconfigjson': json({ auths }) } })

for (const [what, image, auths, username] of [
  ['the registry', 'quay.io/a/b:1', { 'quay.io': login('quay') }, 'quay'],
  ['a url', 'quay.io/a/b', { 'https://quay.io/v2/': login('quay') }, 'quay'],
  [
    'the longest path',
    'quay.io/a/b',
    { 'quay.io': login('all'), 'quay.io/a': login('a'), 'quay.io/ab': login('ab') },
    'a',
  ],
  ['whole names alone', 'quay.io/abc/d', { 'quay.io/ab': login('ab') }, undefined],
  ['Docker’s own name', 'nginx', { 'https://index.docker.io/v1/': login('hub') }, 'hub'],
  ['a port', 'localhost:5000/a', { 'localhost:5000': { username: 'u', password: 'p' } }, 'u'],
  ['nothing for others', 'quay.io/a', { 'ghcr.io': login('gh') }, undefined],
] as const) {
  test(`registryCredentials() of ${image} goes by ${what}`, () => {
    assert.equal(registryCredentials(image, [secretOf(auths)])?.username, username)
  })
}

test('registryCredentials() reads the old form, passwords with colons, and passes over what is no JSON', () => {
  const legacy: Secret = { data: { '.dockercfg': json({ 'quay.io': login('u', 'a:b') }) } }
  const broken: Secret = { data: { '.dockerconfigjson': btoa('{') } }
  assert.deepEqual(registryCredentials('quay.io/a', [broken, legacy]), { username: 'u', password: 'a:b' })
})
