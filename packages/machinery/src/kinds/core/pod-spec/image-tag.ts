/**
 * The tag of an image's name, after github.com/distribution/reference as pkg/util/parsers uses it: `latest` when there
 * is neither tag nor digest, and nothing when the text is no reference at all.
 */
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const remainder = new RegExp(
  `^${component}(?:/${component})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
)
const domain =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$|^\[[a-fA-F0-9:]+\](?::[0-9]+)?$/

export function imageTag(image: string): string | undefined {
  if (/^[a-f0-9]{64}$/.test(image)) return undefined
  const slash = image.indexOf('/')
  const first = slash < 0 ? '' : image.slice(0, slash)
  const hasDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  if (hasDomain && !domain.test(first)) return undefined
  const match = remainder.exec(hasDomain ? image.slice(slash + 1) : image)
  if (!match) return undefined
  return match[1] ?? (match[2] === undefined ? 'latest' : undefined)
}

/** Images that may change under their name are asked for every time. */
export function defaultPullPolicy(image: string | undefined): string {
  return imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'
}
