import type { AxiosRequestTransformer } from 'axios'

interface BufferableForm {
  hasKnownLength(): boolean
  getBuffer(): Uint8Array
  getHeaders(): Record<string, string>
}

/**
 * In Node, axios turns `postForm` data into a form-data stream, which can be sent once. Where all its parts are in
 * memory the stream's bytes are taken instead, so that the request can be replayed.
 */
export const bufferForm: AxiosRequestTransformer = (
  data: Partial<BufferableForm> | null | undefined,
  headers,
) => {
  if (!data?.hasKnownLength?.() || !data.getBuffer || !data.getHeaders) return data
  headers.set(data.getHeaders())
  return data.getBuffer()
}
