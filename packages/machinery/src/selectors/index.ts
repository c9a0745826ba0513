export {
  everyField,
  type FieldRequirement,
  type FieldSelector,
  parseFieldSelector,
  requireSelectable,
} from './field-selector.ts'
export { parseLabelSelector } from './label-parser.ts'
export {
  everything,
  type LabelOperator,
  type LabelRequirement,
  type LabelSelector,
  type Labels,
  labelSelector,
  nothing,
  requirementFaults,
  selectorFromSet,
} from './label-selector.ts'
export {
  formatLabelSelector,
  type LabelSelectorObject,
  selectorFromLabelSelector,
  validateLabelSelector,
} from './label-selector-object.ts'
export {
  compileNodeSelector,
  matchNodeSelector,
  type NodeFacts,
  type NodeSelectorObject,
  type NodeSelectorTermObject,
} from './node-selector.ts'
