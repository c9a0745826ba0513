import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Taint, Toleration } from '@petrel/machinery/api/core-v1'
import { toleratedSeconds } from './tolerations.ts'

const taint: Taint = { key: 'k', value: 'v', effect: 'NoExecute' }
const forever = Number.POSITIVE_INFINITY

const cases: readonly {
  name: string
  taints?: readonly Taint[]
  tolerations: readonly Toleration[]
  seconds: number
}[] = [
  { name: 'no toleration', tolerations: [], seconds: 0 },
  { name: 'no taint', taints: [], tolerations: [], seconds: forever },
  { name: 'the value', tolerations: [{ key: 'k', value: 'v' }], seconds: forever },
  { name: 'another value', tolerations: [{ key: 'k', value: 'w' }], seconds: 0 },
  { name: 'another effect', tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }], seconds: 0 },
  {
    name: 'Exists with seconds',
    tolerations: [{ key: 'k', operator: 'Exists', tolerationSeconds: 300 }],
    seconds: 300,
  },
  { name: 'everything', tolerations: [{ operator: 'Exists' }], seconds: forever },
  { name: 'negative seconds', tolerations: [{ operator: 'Exists', tolerationSeconds: -5 }], seconds: 0 },
  {
    name: 'the shortest of two taints',
    taints: [taint, { key: 'other', effect: 'NoExecute' }],
    tolerations: [
      { key: 'k', operator: 'Exists', tolerationSeconds: 300 },
      { key: 'other', operator: 'Exists', tolerationSeconds: 10 },
    ],
    seconds: 10,
  },
  {
    name: 'one of two taints',
    taints: [taint, { key: 'other', effect: 'NoExecute' }],
    tolerations: [{ key: 'k', operator: 'Exists' }],
    seconds: 0,
  },
  {
    name: 'a number above the limit',
    taints: [{ key: 'k', value: '10', effect: 'NoExecute' }],
    tolerations: [{ key: 'k', operator: 'Gt', value: '9' }],
    seconds: forever,
  },
  {
    name: 'a number that is none',
    taints: [{ key: 'k', value: '1.5', effect: 'NoExecute' }],
    tolerations: [{ key: 'k', operator: 'Lt', value: '9' }],
    seconds: 0,
  },
]

for (const { name, taints = [taint], tolerations, seconds } of cases) {
  test(`toleratedSeconds() is ${seconds} for ${name}`, () => {
    assert.equal(toleratedSeconds(taints, tolerations), seconds)
  })
}
