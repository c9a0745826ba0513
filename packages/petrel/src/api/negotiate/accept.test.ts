import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '@petrel/machinery/status'
import { negotiate } from './accept.ts'

const object = { transforms: true, protobuf: true, streaming: false }
const stream = { transforms: true, protobuf: true, streaming: true }

const cases: [string | undefined, typeof object, string][] = [
  [undefined, object, 'json'],
  ['*/*', object, 'json'],
  ['application/*', object, 'json'],
  ['application/yaml', object, 'yaml'],
  ['application/vnd.kubernetes.protobuf,application/json', object, 'protobuf'],
  ['application/json;q=0.5,application/yaml', object, 'yaml'],
  ['text/html,application/json', object, 'json'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', object, 'json Table v1'],
  [
    'application/json;as=Table;v=v2;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io',
    object,
    'json Table v1beta1',
  ],
  [
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    object,
    'protobuf PartialObjectMetadata v1',
  ],
  ['application/vnd.kubernetes.protobuf;stream=watch', stream, 'protobuf'],
  ['application/yaml,application/json', stream, 'json'],
  ['image/png', object, '406'],
  ['application/json;q=0', object, '406'],
  ['application/yaml', stream, '406'],
  ['application/json;as=Nix;v=v1;g=meta.k8s.io', object, '406'],
  ['application/json;as=Table;v=v1;g=other', object, '406'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io', { ...object, transforms: false }, '406'],
]
for (const [header, can, expected] of cases) {
  test(`negotiate() serves ${expected} to ${header} ${can.streaming ? 'of a watch' : ''}`, () => {
    try {
      const { encoding, transformation } = negotiate(header, can)
      assert.equal([encoding, transformation?.kind, transformation?.version].filter(Boolean).join(' '), expected)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      assert.equal(String(error.code), expected)
    }
  })
}
