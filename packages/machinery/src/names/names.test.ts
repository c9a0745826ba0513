import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  configMapKeyFaults,
  dns1035LabelFaults,
  dns1123LabelFaults,
  dns1123SubdomainFaults,
  envVarNameFaults,
  labelValueFaults,
  nameIsDnsLabel,
  nameIsPathSegment,
  percentFaults,
  portNameFaults,
  portNumberFaults,
  qualifiedNameFaults,
  relaxedEnvVarNameFaults,
  wildcardDns1123SubdomainFaults,
} from './index.ts'

type Rule = (value: string) => string[]

const good: readonly [Rule, readonly string[]][] = [
  [dns1123LabelFaults, ['a', '1', 'a-b', 'a'.repeat(63)]],
  [dns1123SubdomainFaults, ['a', 'a.b', '0.1-2.c', `${'a.'.repeat(126)}a`]],
  [wildcardDns1123SubdomainFaults, ['*.a', '*.example.com']],
  [dns1035LabelFaults, ['a', 'a1', 'a-1']],
  [qualifiedNameFaults, ['a', 'A.b_c-D', 'example.com/Name', '1/1']],
  [labelValueFaults, ['', 'a', 'A_1.b-c']],
  [envVarNameFaults, ['A', '_a', '.a', 'my-name']],
  [relaxedEnvVarNameFaults, ['1', 'a b', '!$~']],
  [configMapKeyFaults, ['a', '.a', 'A_b-c.d']],
  [portNameFaults, ['http', 'a', '1a', 'a-b']],
  [percentFaults, ['0%', '100%']],
]

test('every rule accepts good values', () => {
  for (const [rule, values] of good)
    for (const value of values) assert.deepEqual(rule(value), [], `${rule.name} ${value}`)
})

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const bad: readonly [Rule, string, readonly string[]][] = [
  [dns1123SubdomainFaults, 'A', [subdomain]],
  [dns1123SubdomainFaults, '', [subdomain]],
  [dns1123SubdomainFaults, `${'a'.repeat(254)}_`, ['must be no more than 253 characters', subdomain]],
  [dns1123LabelFaults, 'a.b', ['must not contain dots']],
  [dns1123LabelFaults, '-a', [label]],
  [dns1123LabelFaults, 'a'.repeat(64), ['must be no more than 63 characters']],
  [
    dns1035LabelFaults,
    '1a',
    [
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  [qualifiedNameFaults, '/a', ['prefix part must be non-empty']],
  [qualifiedNameFaults, 'A/a', [`prefix part ${subdomain}`]],
  [
    qualifiedNameFaults,
    'a/',
    [
      'name part must be non-empty',
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
  ],
  [
    qualifiedNameFaults,
    'a/b/c',
    [
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ],
  ],
  [configMapKeyFaults, '..', ["must not be '..'"]],
  [configMapKeyFaults, '..a', ["must not start with '..'"]],
  [
    envVarNameFaults,
    '1a',
    [
      "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
    ],
  ],
  [
    relaxedEnvVarNameFaults,
    'a=b',
    ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
  ],
  [
    portNameFaults,
    '-0--A0123456789',
    [
      'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
      'must not begin or end with a hyphen',
    ],
  ],
  [portNameFaults, 'abcdefghijklmnop', ['must be no more than 15 characters']],
  [
    percentFaults,
    '10',
    [
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ],
  ],
]

test('every rule refuses bad values in the words of upstream', () => {
  for (const [rule, value, faults] of bad) assert.deepEqual(rule(value), faults, `${rule.name} ${value}`)
})

test('rules for names let a prefix end in a dash', () => {
  assert.deepEqual(nameIsDnsLabel('web-', true), [])
  assert.deepEqual(nameIsDnsLabel('web-', false), [label])
  assert.deepEqual(nameIsPathSegment('system:x', false), [])
  assert.deepEqual(nameIsPathSegment('..', false), ["may not be '..'"])
  assert.deepEqual(nameIsPathSegment('a/b%', false), ["may not contain '/'", "may not contain '%'"])
  assert.deepEqual(portNumberFaults(0), ['must be between 1 and 65535, inclusive'])
  assert.deepEqual(portNumberFaults(65535), [])
})

test('a label is a subdomain and a label value', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 70 }), value => {
      if (dns1123LabelFaults(value).length > 0) return
      assert.deepEqual(dns1123SubdomainFaults(value), [])
      assert.deepEqual(labelValueFaults(value), [])
    }),
  )
})
