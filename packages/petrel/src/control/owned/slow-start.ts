/**
 * Does something `count` times in batches that double: 1, 2, 4, … A batch with a failure is the last, so that a quota
 * or a webhook that refuses all of them is not asked a thousand times.
 */
export async function slowStart(count: number, act: () => Promise<void>): Promise<{ done: number; error: unknown }> {
  let done = 0
  for (let batch = 1; done < count; batch *= 2) {
    const size = Math.min(batch, count - done)
    const results = await Promise.allSettled(Array.from({ length: size }, act))
    done += results.filter(result => result.status === 'fulfilled').length
    const failed = results.find(result => result.status === 'rejected')
    if (failed) return { done, error: failed.reason }
  }
  return { done, error: undefined }
}
