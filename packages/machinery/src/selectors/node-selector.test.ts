import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchNodeSelector, type NodeSelectorObject } from './index.ts'

const node = { name: 'n1', labels: { zone: 'a', cores: '8' } }
const expression = (key: string, operator: string, ...values: string[]): NodeSelectorObject => ({
  nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
})

const cases: readonly [string, NodeSelectorObject, boolean][] = [
  ['no terms', {}, false],
  ['an empty term', { nodeSelectorTerms: [{}] }, false],
  ['In', expression('zone', 'In', 'a', 'b'), true],
  ['NotIn', expression('zone', 'NotIn', 'a'), false],
  ['NotIn of an absent key', expression('rack', 'NotIn', 'a'), true],
  ['Exists', expression('zone', 'Exists'), true],
  ['DoesNotExist', expression('zone', 'DoesNotExist'), false],
  ['Gt', expression('cores', 'Gt', '4'), true],
  ['Lt', expression('cores', 'Lt', '4'), false],
  ['Gt of a word', expression('zone', 'Gt', '4'), false],
  ['an unknown operator', expression('zone', 'Like', 'a'), false],
  [
    'a field',
    { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }] },
    true,
  ],
  [
    'a field that differs beside an expression that holds',
    {
      nodeSelectorTerms: [
        {
          matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['n1'] }],
          matchExpressions: [{ key: 'zone', operator: 'Exists' }],
        },
      ],
    },
    false,
  ],
  [
    'the second of two terms',
    {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'zone', operator: 'In', values: ['z'] }] },
        { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] },
      ],
    },
    true,
  ],
]

test('matchNodeSelector() ors terms and ands expressions', () => {
  for (const [what, selector, expected] of cases) assert.equal(matchNodeSelector(selector, node), expected, what)
})
