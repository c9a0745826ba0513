/** Status belongs to its subresource: what an update of the object itself says of it does not count. */
export function keepStatus<T extends { status?: unknown }>(object: T, old: T): void {
  if (old.status === undefined) delete object.status
  else object.status = old.status
}
