/**
 * `$(NAME)` in commands, arguments and values, `$$` for a dollar (third_party/forked/golang/expansion): a name that is
 * not known stays as it is written.
 */
export function expand(text: string, values: Readonly<Record<string, string>> | ReadonlyMap<string, string>): string {
  const get = (name: string): string | undefined =>
    values instanceof Map ? values.get(name) : (values as Readonly<Record<string, string>>)[name]
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (all, name: string | undefined) => {
    if (all === '$$') return '$'
    return (name === undefined ? undefined : get(name)) ?? all
  })
}
