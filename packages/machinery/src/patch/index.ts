export { applyJsonPatch, type JsonPatchOperation } from './json-patch.ts'
export { cloneJson, type JsonObject } from './json-value.ts'
export { applyMergePatch, createMergePatch } from './merge-patch.ts'
export { applyStrategicMergePatch } from './strategic-merge-patch.ts'
