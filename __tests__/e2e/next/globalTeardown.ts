import { rmSync } from 'node:fs'

/** Removes what `globalSetup` has built. */
export default function globalTeardown(): void {
  const folder = process.env['AMPLIFY_BEARER_NEXT_FOLDER']
  if (folder) rmSync(folder, { recursive: true, force: true })
}
