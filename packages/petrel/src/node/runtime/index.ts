export * from './contract.ts'
export { EventHub } from './event-hub.ts'
