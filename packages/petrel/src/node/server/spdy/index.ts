export { SpdyConnection, type SpdyOptions } from './connection.ts'
export { SpdyStream } from './stream.ts'
