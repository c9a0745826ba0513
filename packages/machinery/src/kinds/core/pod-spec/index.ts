export { mirrorPodAnnotation, validateMirrorUnchanged, validatePodAnnotations } from './annotations.ts'
export { validateImagePadding } from './containers.ts'
export { setPodDefaults, setPodSpecDefaults, setPodTemplateDefaults } from './defaults.ts'
export { type QosClass, qosClass } from './qos.ts'
export {
  containerImages,
  containerNames,
  formatLabels,
  templateColumns,
  validatePodTemplateSpec,
  validateReplicatedTemplate,
} from './template.ts'
export { validateOnlyAddedTolerations, validateTaintEffect, validateTolerations } from './tolerations.ts'
export { validatePodSpec } from './validate.ts'
export { visitContainers } from './visit-containers.ts'
export { setDriverDefaults } from './volume-defaults.ts'
export { validateHostPath, validateNfs } from './volumes.ts'
export { podSpecWarnings } from './warnings.ts'
