export type { AllDocs, Docs, OpenApiV3 } from './document.ts'
export { type GroupVersionKinds, type OpenApiV2, openapiV2 } from './v2.ts'
export { openapiV2Protobuf } from './v2-protobuf.ts'
export { openapiV3 } from './v3.ts'
