/** core/v1 LimitRange. */
import type { LimitRange, LimitRangeItem } from '../../api/core-v1.gen.ts'
import { qualifiedNameFaults } from '../../names/index.ts'
import { compareQuantities, type Quantity, toNumber } from '../../quantity/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { nameAndCreation } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'
import { invalidEach } from './field-rules.ts'
import { canonicalizeAmounts, printQuantity, type ResourceList, readQuantity } from './resource-amounts.ts'
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from './resource-names.ts'

export const limitRanges: Kind<LimitRange> = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  columns: nameAndCreation,
  setDefaults({ spec }) {
    for (const item of spec?.limits ?? []) setItemDefaults(item)
  },
  strategy: { allowCreateOnUpdate: true, validate },
  definition: 'io.k8s.api.core.v1.LimitRange',
})

/** What a container gets follows from what it may have: max → default → defaultRequest ← min. */
function setItemDefaults(item: LimitRangeItem): void {
  if (item.type === 'Container') {
    const defaults = { ...item.max, ...item.default }
    const requests = { ...item.min, ...defaults, ...item.defaultRequest }
    if (Object.keys(defaults).length > 0) item.default = defaults
    if (Object.keys(requests).length > 0) item.defaultRequest = requests
  }
  for (const list of [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio]) {
    canonicalizeAmounts(list)
  }
}

function validate({ spec }: LimitRange, errors: FieldErrors): void {
  const types = new Set<string>()
  for (const [i, item] of (spec?.limits ?? []).entries()) {
    const at = `spec.limits[${i}]`
    validateType(item.type ?? '', `${at}.type`, errors)
    if (types.has(item.type)) errors.duplicate(`${at}.type`, item.type)
    types.add(item.type)
    validateItem(item, at, errors)
  }
}

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim']

function validateType(type: string, path: string, errors: FieldErrors): void {
  const faults = qualifiedNameFaults(type)
  invalidEach(faults, type, path, errors)
  if (faults.length === 0 && !type.includes('/') && !standardTypes.includes(type)) {
    errors.invalid(path, type, 'must be a standard limit type or fully qualified')
  }
}

const bounds = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const
type Bound = (typeof bounds)[number]

function validateItem(item: LimitRangeItem, path: string, errors: FieldErrors): void {
  const forPods = item.type === 'Pod'
  const validateName = forPods || item.type === 'Container' ? validateContainerResourceName : validateResourceName
  const names = new Set<string>()
  for (const bound of bounds) {
    const list: ResourceList = item[bound] ?? {}
    if (forPods && (bound === 'default' || bound === 'defaultRequest')) {
      if (Object.keys(list).length > 0)
        errors.forbidden(`${path}.${bound}`, "may not be specified when `type` is 'Pod'")
      continue
    }
    for (const name of Object.keys(list)) {
      validateName(name, `${path}.${bound}[${name}]`, errors)
      names.add(name)
    }
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage']) {
    const rule = 'either minimum or maximum storage value is required, but neither was provided'
    errors.required(`${path}.limits`, rule)
  }
  for (const name of names) validateOrder(item, name, path, errors)
}

/** Each pair that must be in order: the field that is blamed, its value, and the words for both. */
function validateOrder(item: LimitRangeItem, name: string, path: string, errors: FieldErrors): void {
  const get = (bound: Bound): Quantity | undefined => readQuantity(item[bound]?.[name])
  const words: Record<Bound, string> = {
    min: 'min value',
    max: 'max value',
    default: 'default value',
    defaultRequest: 'default request value',
    maxLimitRequestRatio: 'ratio',
  }
  const check = (small: Bound, large: Bound, blamed: Bound, shown: Bound, largeWords = words[large]): void => {
    const [a, b, value] = [get(small), get(large), get(shown)]
    if (!a || !b || !value || compareQuantities(a, b) <= 0) return
    const rule = `${words[small]} ${printQuantity(a)} is greater than ${largeWords} ${printQuantity(b)}`
    errors.invalid(`${path}.${blamed}[${name}]`, printQuantity(value), rule)
  }
  check('min', 'max', 'min', 'min')
  check('min', 'defaultRequest', 'defaultRequest', 'defaultRequest')
  check('defaultRequest', 'max', 'defaultRequest', 'defaultRequest')
  check('defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default limit value')
  check('min', 'default', 'default', 'min')
  check('default', 'max', 'default', 'max')
  const ratio = get('maxLimitRequestRatio')
  if (ratio) validateRatio(ratio, get('min'), get('max'), `${path}.maxLimitRequestRatio[${name}]`, errors)
  const [limit, request] = [get('default'), get('defaultRequest')]
  if (limit && request && !isOvercommitAllowed(name) && compareQuantities(limit, request) !== 0) {
    const [a, b] = [printQuantity(limit), printQuantity(request)]
    const rule = `default value ${a} must equal to defaultRequest value ${b} in ${name}`
    errors.invalid(`${path}.defaultRequest[${name}]`, b, rule)
  }
}

function validateRatio(
  ratio: Quantity,
  min: Quantity | undefined,
  max: Quantity | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const text = printQuantity(ratio)
  if (compareQuantities(ratio, '1') < 0) errors.invalid(path, text, `ratio ${text} is less than 1`)
  if (!min || !max) return
  const limit = toNumber(max) / toNumber(min)
  if (toNumber(ratio) > limit) {
    errors.invalid(path, text, `ratio ${text} is greater than max/min = ${limit.toFixed(6)}`)
  }
}
