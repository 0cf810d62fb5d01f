import { openBrowser, type Browser } from './browser.js'
import { findChromium } from './chromium.js'
import type { Profile } from './profile.js'

/** Tests in a real Chromium, whose profiles are closed after each. Where there is none to be had they are skipped. */
export function describeInChromium(name: string, tests: (browser: Omit<Browser, 'close'>) => void): void {
  const executablePath = findChromium()
  const describeOrSkip = executablePath ? describe : describe.skip
  describeOrSkip(name, () => {
    let browser: Browser
    const profiles: Profile[] = []
    const opened = async (opening: Promise<Profile>): Promise<Profile> => {
      const profile = await opening
      profiles.push(profile)
      return profile
    }

    beforeAll(async () => {
      browser = await openBrowser(executablePath)
    })
    afterAll(async () => {
      await browser.close()
    })
    afterEach(async () => {
      for (const profile of profiles.splice(0)) await profile.close()
    })

    tests({
      openProfile: (...options) => opened(browser.openProfile(...options)),
      openProfileOfOneWindow: (...options) => opened(browser.openProfileOfOneWindow(...options)),
    })
  })
}
