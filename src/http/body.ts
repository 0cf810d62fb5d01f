/** Whether a request body can be read only once: web and Node streams, async iterables, form-data's form streams. */
export function isOneShot(body: unknown): boolean {
  const object = Object(body) as object
  return 'getReader' in object || 'pipe' in object || Symbol.asyncIterator in object
}

/** A form or search parameters as they are now; other bodies themselves. (Not every platform can list a form.) */
export function snapshot<B extends object | string>(body: B): B {
  const form = body as Partial<FormData>
  if (!(form.append && form.forEach)) return body
  const copy = new (form.constructor as typeof FormData)()
  form.forEach((value, name) => {
    copy.append(name, value)
  })
  return copy as unknown as B
}

interface ResponseBody {
  /** Node's streams. */
  readonly destroy?: () => unknown
  /** Web streams; rejects if somebody else reads it, who then has to end it. */
  readonly cancel?: () => Promise<void>
}

/** Lets go of a body that nobody will read, so that its socket is free. Bodies that are no streams hold none. */
export function discard(body: unknown): void {
  if (!isOneShot(body)) return
  const stream = body as ResponseBody
  stream.destroy?.()
  stream.cancel?.().catch(() => undefined)
}
