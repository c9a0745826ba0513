/**
 * `$(NAME)` in commands, arguments and values, `$$` for a dollar (third_party/forked/golang/expansion): a name that is
 * not known stays as it is written.
 */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (all: string, name: string | undefined) => {
    if (all === '$$') return '$'
    return values.get(name!) ?? all
  })
}
