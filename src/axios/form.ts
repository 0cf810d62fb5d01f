import type { AxiosRequestHeaders } from 'axios'

interface FormStream {
  getBuffer(): Uint8Array
  getHeaders(): Record<string, string>
}

/**
 * In Node, axios turns `postForm` data into a form-data stream, which can be sent once. Where all its parts are in
 * memory the stream's bytes are taken instead, so that the request can be replayed.
 */
export function bufferForm(data: unknown, headers: AxiosRequestHeaders): unknown {
  const form = data as FormStream | undefined
  if (!form?.getBuffer) return data
  try {
    // Throws if a part is a stream.
    const bytes = form.getBuffer()
    headers.set(form.getHeaders())
    return bytes
  } catch {
    return data
  }
}
