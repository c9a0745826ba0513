/**
 * A registry of counters, gauges and histograms in Prometheus' text format. Our own because it is on the path of every
 * request and prom-client costs more to load than the whole of this to write. A metric keeps at most `seriesLimit`
 * combinations of labels; what comes beyond is counted under `other`, so that strange URLs cannot fill memory.
 */
export interface Metrics {
  counter(name: string, help: string, labels: readonly string[]): Series
  gauge(name: string, help: string, labels: readonly string[]): Series
  histogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): Histogram
  /** A value that is read when asked for. */
  read(name: string, help: string, type: 'counter' | 'gauge', value: () => number): void
  render(): string
}

interface Series {
  add(labels: readonly string[], amount: number): void
}

interface Histogram {
  observe(labels: readonly string[], value: number): void
}

const seriesLimit = 2_000

interface Family {
  render(): string
}

export function createMetrics(): Metrics {
  const families: Family[] = []
  const series = (type: 'counter' | 'gauge', name: string, help: string, labels: readonly string[]): Series => {
    const values = new Map<string, number>()
    families.push({
      render() {
        let text = head(name, help, type)
        for (const [key, value] of values) text += `${name}${labelText(labels, key)} ${value}\n`
        return text
      },
    })
    return {
      add(given, amount) {
        const key = keyFor(values, given)
        values.set(key, (values.get(key) ?? 0) + amount)
      },
    }
  }
  return {
    counter: (name, help, labels) => series('counter', name, help, labels),
    gauge: (name, help, labels) => series('gauge', name, help, labels),
    histogram(name, help, labels, buckets) {
      const values = new Map<string, { readonly counts: number[]; sum: number; count: number }>()
      families.push({
        render() {
          let text = head(name, help, 'histogram')
          for (const [key, { counts, sum, count }] of values) {
            let below = 0
            buckets.forEach((bound, i) => {
              below += counts[i] ?? 0
              text += `${name}_bucket${labelText(labels, key, `le="${bound}"`)} ${below}\n`
            })
            text += `${name}_bucket${labelText(labels, key, 'le="+Inf"')} ${count}\n`
            text += `${name}_sum${labelText(labels, key)} ${sum}\n${name}_count${labelText(labels, key)} ${count}\n`
          }
          return text
        },
      })
      return {
        observe(given, value) {
          const key = keyFor(values, given)
          let row = values.get(key)
          if (!row) {
            row = { counts: new Array<number>(buckets.length).fill(0), sum: 0, count: 0 }
            values.set(key, row)
          }
          const at = buckets.findIndex(bound => value <= bound)
          if (at >= 0) row.counts[at] = (row.counts[at] ?? 0) + 1
          row.sum += value
          row.count++
        },
      }
    },
    read(name, help, type, value) {
      families.push({ render: () => `${head(name, help, type)}${name} ${value()}\n` })
    },
    render: () => families.map(family => family.render()).join(''),
  }
}

const separator = '\u0001'

function keyFor(known: ReadonlyMap<string, unknown>, labels: readonly string[]): string {
  const key = labels.join(separator)
  if (known.has(key) || known.size < seriesLimit) return key
  return labels.map(() => 'other').join(separator)
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

function labelText(names: readonly string[], key: string, extra = ''): string {
  const values = key.split(separator)
  const pairs = names.map((name, i) => `${name}="${escaped(values[i] ?? '')}"`)
  if (extra !== '') pairs.push(extra)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')
}
