/** What every controller with children does: claim them, make pods from a template, choose which go first. */
export { claimants, claimChildren, controllerReference, type Owner, orphanIndex, patchMetadata } from './claim.ts'
export { podsToDelete } from './deletion-order.ts'
export { podFromTemplate } from './pod-from-template.ts'
export { slowStart } from './slow-start.ts'
