interface BlobData {
  readonly blobId: string
  readonly offset: number
  readonly size: number
}

/** Where React Native keeps the bodies that `fetch` gets: JavaScript has their names. Text only, ASCII only. */
const blobs = new Map<string, string>()

export function createBlob(text: string): BlobData {
  const blobId = `response-${blobs.size}`
  blobs.set(blobId, text)
  return { blobId, offset: 0, size: text.length }
}

export const blobModules = {
  BlobModule: {
    getConstants: () => ({ BLOB_URI_SCHEME: 'blob', BLOB_URI_HOST: null }),
    addNetworkingHandler: () => undefined,
    createFromParts(parts: { data: string }[], blobId: string): void {
      blobs.set(blobId, parts.map(({ data }) => data).join(''))
    },
    release: () => undefined,
  },
  FileReaderModule: {
    readAsText: ({ blobId }: BlobData) => Promise.resolve(blobs.get(blobId)),
  },
}
