export { type BootstrapResult, type BootstrapStore, bootstrap } from './bootstrap.ts'
export { bootstrapPolicy } from './bootstrap-policy.ts'
export { nodeRules } from './cluster-roles.ts'
