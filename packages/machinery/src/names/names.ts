/**
 * Rules for names, keys and values, one function each: the faults of a value in the exact words of
 * k8s.io/apimachinery/pkg/util/validation, none when it is good. Lengths are bytes of UTF-8; whatever is not ASCII
 * fails the pattern anyway, so code units serve.
 */

/** Faults of a name; `isPrefix` when it is a generateName, which may end in a dash. */
export type NameRule = (name: string, isPrefix: boolean) => string[]

interface Pattern {
  readonly source: string
  readonly whole: RegExp
  readonly message: string
}

function pattern(source: string, what: string, ...examples: readonly string[]): Pattern {
  // Upstream puts a comma after each and then two blanks: so do those who compare its words.
  const listed = examples.map(example => `'${example}', `).join(' or ')
  const hint = examples.length > 0 ? `e.g. ${listed}` : ''
  return {
    source,
    whole: new RegExp(`^(?:${source})$`),
    message: `${what} (${hint}regex used for validation is '${source}')`,
  }
}

const maxLabel = 63
const maxSubdomain = 253

const dns1123Label = pattern(
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?',
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  'my-name',
  '123-abc',
)
const dns1123Subdomain = pattern(
  `${dns1123Label.source}(\\.${dns1123Label.source})*`,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  'example.com',
)
const wildcardDns1123Subdomain = pattern(
  `\\*\\.${dns1123Subdomain.source}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  '*.example.com',
)
const dns1035Label = pattern(
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  'my-name',
  'abc-123',
)
const labelKeySource = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelKeyRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const labelKey = pattern(labelKeySource, labelKeyRule, 'MyName', 'my.name', '123-abc')
const labelValue = pattern(
  `(${labelKeySource})?`,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyValue',
  'my_value',
  '12345',
)
const envVarName = pattern(
  '[-._a-zA-Z][-._a-zA-Z0-9]*',
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  'my.env-name',
  'MY_ENV.NAME',
  'MyEnvName1',
)
const configMapKey = pattern(
  '[-._a-zA-Z0-9]+',
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  'key.name',
  'KEY_NAME',
  'key-name',
)
const percent = pattern(
  '[0-9]+%',
  "a valid percent string must be a numeric string followed by an ending '%'",
  '1%',
  '93%',
)
const httpHeaderName = pattern(
  '[-A-Za-z0-9]+',
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  'X-Header-Name',
)
const httpPath = pattern("[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+", 'Invalid path')
const conditionReason = pattern(
  '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?',
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  'my_name',
  'MY_NAME',
  'MyName',
  'ReasonA,ReasonB',
  'ReasonA:ReasonB',
)

const tooLong = (max: number): string => `must be no more than ${max} characters`
const empty = 'must be non-empty'

/** `must be between 1 and 65535, inclusive`. */
export const inclusiveRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`

function check(value: string, rule: Pattern, maxLength?: number): string[] {
  const faults: string[] = []
  if (maxLength !== undefined && value.length > maxLength) faults.push(tooLong(maxLength))
  if (!rule.whole.test(value)) faults.push(rule.message)
  return faults
}

export function dns1123LabelFaults(value: string): string[] {
  const faults = value.length > maxLabel ? [tooLong(maxLabel)] : []
  if (dns1123Label.whole.test(value)) return faults
  faults.push(dns1123Subdomain.whole.test(value) ? 'must not contain dots' : dns1123Label.message)
  return faults
}

export const dns1123SubdomainFaults = (value: string): string[] => check(value, dns1123Subdomain, maxSubdomain)
export const wildcardDns1123SubdomainFaults = (value: string): string[] =>
  check(value, wildcardDns1123Subdomain, maxSubdomain)
export const dns1035LabelFaults = (value: string): string[] => check(value, dns1035Label, maxLabel)
export const labelValueFaults = (value: string): string[] => check(value, labelValue, maxLabel)
export const percentFaults = (value: string): string[] => check(value, percent)
export const httpHeaderNameFaults = (value: string): string[] => check(value, httpHeaderName)
export const httpPathFaults = (value: string): string[] => check(value, httpPath)
export const conditionReasonFaults = (value: string): string[] => check(value, conditionReason)
export const envVarNameFaults = (value: string): string[] => [...check(value, envVarName), ...parentFolderFaults(value)]
export const configMapKeyFaults = (value: string): string[] => [
  ...check(value, configMapKey, maxSubdomain),
  ...parentFolderFaults(value),
]

/** Label, annotation, taint and finalizer keys: `[prefix/]name`. */
export function qualifiedNameFaults(value: string): string[] {
  const parts = value.split('/')
  if (parts.length > 2) {
    return [
      `a valid label key ${labelKey.message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const faults: string[] = []
  const name = parts[parts.length - 1] ?? ''
  if (parts.length === 2) {
    const prefix = parts[0] ?? ''
    if (prefix === '') faults.push(`prefix part ${empty}`)
    else for (const fault of dns1123SubdomainFaults(prefix)) faults.push(`prefix part ${fault}`)
  }
  if (name === '') faults.push(`name part ${empty}`)
  for (const fault of check(name, labelKey, maxLabel)) faults.push(`name part ${fault}`)
  return faults
}

/** RelaxedEnvironmentVariableValidation: any printable ASCII but `=`. */
export function relaxedEnvVarNameFaults(value: string): string[] {
  if (value === '') return [`environment variable name ${empty}`]
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

export function portNameFaults(value: string): string[] {
  const faults: string[] = []
  if (value.length > 15) faults.push(tooLong(15))
  if (!/^[-a-z0-9]+$/.test(value)) {
    faults.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(value)) faults.push('must contain at least one letter (a-z)')
  if (value.includes('--')) faults.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) faults.push('must not begin or end with a hyphen')
  return faults
}

export function portNumberFaults(port: number): string[] {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? [] : [inclusiveRange(1, 65535)]
}

/** pkg/api/validation/path: what may be one segment of a URL path (rbac names, for one). */
export function pathSegmentNameFaults(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return pathPrefixFaults(name)
}

function pathPrefixFaults(name: string): string[] {
  return ['/', '%'].filter(mark => name.includes(mark)).map(mark => `may not contain '${mark}'`)
}

function parentFolderFaults(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}

/** As upstream, a trailing dash of a prefix and the character before it are taken for one good letter. */
function withoutTrailingDash(name: string, isPrefix: boolean): string {
  return isPrefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}

export const nameIsDnsSubdomain: NameRule = (name, isPrefix) =>
  dns1123SubdomainFaults(withoutTrailingDash(name, isPrefix))
export const nameIsDnsLabel: NameRule = (name, isPrefix) => dns1123LabelFaults(withoutTrailingDash(name, isPrefix))
export const nameIsDns1035Label: NameRule = (name, isPrefix) => dns1035LabelFaults(withoutTrailingDash(name, isPrefix))
export const nameIsPathSegment: NameRule = (name, isPrefix) =>
  isPrefix ? pathPrefixFaults(name) : pathSegmentNameFaults(name)
