export type { NodeListener } from './listen.ts'
export { createNodeServer, type NodeServer } from './node-server.ts'
