import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReference, parseReference } from './reference.ts'

const digest = `sha256:${'a'.repeat(64)}`
const whole: [string, string][] = [
  ['redis', 'docker.io/library/redis:latest'],
  ['redis:alpine', 'docker.io/library/redis:alpine'],
  ['grafana/grafana', 'docker.io/grafana/grafana:latest'],
  ['index.docker.io/library/redis', 'docker.io/library/redis:latest'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
  ['localhost/a', 'localhost/a:latest'],
  ['petrel.dev/node', 'petrel.dev/node:latest'],
  [`busybox@${digest}`, `docker.io/library/busybox@${digest}`],
  [`busybox:1.38.0@${digest}`, `docker.io/library/busybox:1.38.0@${digest}`],
]
for (const [text, expected] of whole) {
  test(`parseReference() completes ${text}`, () => assert.equal(formatReference(parseReference(text)), expected))
}

for (const text of [
  '',
  'Redis',
  'a//b',
  'a:',
  'a:b:c',
  '-a',
  'a@sha256:12',
  'a b',
  'http://x/y',
  '../x',
  `${'a'.repeat(1100)}`,
]) {
  test(`parseReference() refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(() => parseReference(text), { reason: 'InvalidImageName', message: /couldn't parse image name/ })
  })
}
