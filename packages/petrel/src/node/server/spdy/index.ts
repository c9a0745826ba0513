export { type ClientStream, SpdyClient } from './client.ts'
export { SpdyConnection } from './connection.ts'
export { SpdyStream } from './stream.ts'
