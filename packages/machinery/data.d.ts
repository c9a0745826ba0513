/** Data modules: the reader says what shape they have. */
declare module '*.json' {
  const value: unknown
  export default value
}
