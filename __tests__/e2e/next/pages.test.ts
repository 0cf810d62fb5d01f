import type { BrowserContext, Cookie, Page } from 'playwright-core'
import { launchChromium, type Chromium } from '../browser/browser.js'
import { findChromium } from '../browser/chromium.js'
import { until } from '../browser/until.js'
import { readBuilt } from './globalSetup.js'
import { openStage, type Stage } from './stage.js'
import { sessionCookies } from './visitor.js'

jest.setTimeout(120_000)

const executablePath = findChromium()
const describeOrSkip = executablePath ? describe.each(readBuilt().apps) : describe.skip.each(readBuilt().apps)

type Scope = Pick<Cookie, 'domain' | 'path'>

declare global {
  interface Window {
    refreshByAmplify(): Promise<string>
  }
}

describeOrSkip('$name, in Chromium', (app) => {
  let stage: Stage
  let browser: Chromium
  let context: BrowserContext

  beforeAll(async () => {
    stage = await openStage(app)
    browser = await launchChromium(executablePath)
  })
  afterAll(async () => {
    await browser.close()
    await stage.close()
  })
  beforeEach(async () => {
    context = await browser.openContext({ baseURL: stage.url })
  })
  afterEach(async () => {
    stage.pool.heal()
    stage.pool.latencyMs = 50
    await context.close()
    // Next complains here of what cannot be rendered ahead.
    const report = stage.reports().find((text) => /error/i.test(text))
    if (report !== undefined) throw new Error(report)
  })

  /** Alice's cookies, whose tokens have expired. */
  async function signIn(into = context, scopes: Scope[] = [{ domain: 'localhost', path: '/' }]) {
    for (const scope of scopes) {
      const cookies = [...(await sessionCookies(stage))].map(([name, value]) => ({ name, value, ...scope }))
      await into.addCookies(cookies)
    }
  }

  async function tokenCookies(of = context): Promise<string[]> {
    const cookies = await of.cookies()
    return cookies
      .map(({ name, domain, path }) => `${domain}${path} ${name.split('.').slice(1).join('.')}`)
      .filter((name) => /Token|LastAuthUser/.test(name))
      .sort()
  }

  const ONE_EACH = ['LastAuthUser', 'alice.accessToken', 'alice.idToken', 'alice.refreshToken']
  const expectOneEach = async (scope = 'localhost/', of = context) => {
    expect(await tokenCookies(of)).toEqual(ONE_EACH.map((name) => `${scope} testclient.${name}`))
  }

  const refreshesOf = async (task: () => Promise<unknown>): Promise<number> => {
    const before = stage.refreshes()
    await task()
    return stage.refreshes() - before
  }

  test('a page load with eight parallel requests on expired cookies', async () => {
    await signIn()
    const page = await context.newPage()
    const refreshes = await refreshesOf(async () => {
      await page.goto('/parallel')
      await page.waitForFunction(() => document.querySelector('#statuses')?.textContent.startsWith('[2'))
    })
    expect(await page.textContent('#statuses')).toBe('[200,200,200,200,200,200,200,200]')
    expect(refreshes).toBe(1)
    await expectOneEach()
  })

  test.each([8, 200])('%d requests at once from a page that was there before', async (count) => {
    const page = await context.newPage()
    await page.goto('/about')
    await signIn()
    const refreshes = await refreshesOf(async () => {
      const statuses = await page.evaluate(
        (length) =>
          Promise.all(Array.from({ length }, () => fetch('/api/whoami').then(({ status }) => status))),
        count,
      )
      expect(statuses).toEqual(Array.from({ length: count }, () => 200))
    })
    expect(refreshes).toBe(1)
    await expectOneEach()
  })

  test('the only request is aborted, and the next one comes 12 seconds later', async () => {
    const page = await context.newPage()
    await page.goto('/about')
    await signIn()
    stage.pool.latencyMs = 500
    const refreshes = await refreshesOf(async () => {
      const outcome = await page.evaluate(() =>
        fetch('/api/whoami', { signal: AbortSignal.timeout(200) }).catch(
          (error: unknown) => (error as Error).name,
        ),
      )
      expect(outcome).toBe('TimeoutError')
      await page.waitForTimeout(12_000)
      expect(await page.evaluate(() => fetch('/api/whoami').then(({ status }) => status))).toBe(200)
    })
    expect(refreshes).toBe(1)
    await expectOneEach()
  })

  test('a page whose layout calls the API is prefetched with expired tokens, and then visited', async () => {
    const page = await context.newPage()
    await page.goto('/links')
    await signIn()
    const refreshes = await refreshesOf(async () => {
      const prefetched = page.waitForResponse((response) => response.url().includes('/member'))
      await page.click('button')
      await prefetched
      await page.click('a')
      await page.waitForSelector('#member')
    })
    expect(await page.textContent('h1')).toBe('200 alice')
    expect(refreshes).toBe(1)
    await expectOneEach()
  })

  test('duplicates under two paths and a parent domain', async () => {
    const url = stage.url.replace('localhost', 'www.app.localhost')
    const host = 'www.app.localhost'
    await signIn(context, [
      { domain: '.app.localhost', path: '/' },
      { domain: host, path: '/component' },
      { domain: host, path: '/' },
      { domain: host, path: '/component/deep' },
    ])
    const page = await context.newPage()
    const refreshes = await refreshesOf(async () => {
      // Not all scopes fit into one response: each begins with another one.
      for (let visits = 0; visits < 50 && (await tokenCookies()).length > ONE_EACH.length; visits++)
        await page.goto(`${url}/component/deep?${visits}`)
      await page.goto(`${url}/component`)
    })
    expect(await page.textContent('#answers')).toContain('"username":"alice"')
    expect(refreshes).toBe(1)
    await expectOneEach(`${host}/`)
  })

  describe('Amplify in the browser refreshes beside the proxy', () => {
    /** What Amplify's refresh came to, while four requests are made `laterMs` after it has begun. */
    async function race(kind: 'alone' | 'guard' | 'server', laterMs: number): Promise<string> {
      const page = await context.newPage()
      await page.goto(`/amplify?with=${kind}`)
      await page.waitForFunction(() => document.querySelector('p')?.textContent === 'ready')
      await signIn()
      const outcome = await page.evaluate(async (waitMs) => {
        const refreshing = window.refreshByAmplify()
        await new Promise((proceed) => setTimeout(proceed, waitMs))
        await Promise.all(Array.from({ length: 4 }, () => fetch('/api/whoami')))
        return refreshing
      }, laterMs)
      await until(() => page.evaluate(() => fetch('/api/whoami').then(({ status }) => status === 200)))
      await expectOneEach()
      return outcome
    }

    test('alone, and first: the proxy, which comes too late, clears nothing', async () => {
      for (let round = 0; round < 5; round++) expect(await race('alone', 30)).toBe('refreshed')
    })

    test.each([0, 10, 30, 60])(
      'with the guard, %d ms earlier: both have tokens, whoever is first',
      async (ms) => {
        expect(await race('guard', ms)).toBe('refreshed')
      },
    )

    test.each([0, 30])(
      'with the guard and the server as its source, %d ms earlier: one refresh',
      async (ms) => {
        const before = stage.refreshes()
        expect(await race('server', ms)).toBe('refreshed')
        expect(stage.refreshes() - before).toBe(1)
      },
    )
  })

  test.each([50, 250, 390])(
    'sign-out %d ms after a refresh has begun: nobody is signed in',
    async (afterMs) => {
      const page = await context.newPage()
      await page.goto('/about')
      await signIn()
      stage.pool.latencyMs = 400
      await page.evaluate(async (waitMs) => {
        const requests = Array.from({ length: 3 }, () => fetch('/api/whoami'))
        await new Promise((proceed) => setTimeout(proceed, waitMs))
        requests.push(fetch('/api/token', { method: 'DELETE' }))
        await Promise.all(requests)
      }, afterMs)
      // Whatever came last: one request later nothing is left.
      expect(await page.evaluate(() => fetch('/api/whoami').then(({ status }) => status))).toBe(401)
      expect(await tokenCookies()).toEqual([])
    },
  )

  describe('two tabs of one window, whose queries are fetched again on focus', () => {
    const ROUNDS = 20
    const API = `http://127.0.0.1:${readBuilt().ports.api}/notes`
    const SHOWN = ['0 notes from the API', '0 notes by way of a Route Handler']
    const shownIn = (page: Page) => page.$$eval('p', (lines) => lines.map(({ textContent }) => textContent))

    test(`${ROUNDS} times with expired tokens: one refresh each time, and nobody is signed out`, async () => {
      const { window } = browser
      await signIn(window)
      const tabs = [await window.newPage(), await window.newPage()] as const
      for (const tab of tabs) await tab.goto(`${stage.url}/notes`)
      for (const tab of tabs) await until(async () => String(await shownIn(tab)) === String(SHOWN))
      for (let round = 0; round < ROUNDS; round++) {
        await signIn(window)
        const callers = stage.callers.length
        const refreshes = await refreshesOf(async () => {
          const answered = tabs.flatMap((tab) => [
            tab.waitForResponse(`${stage.url}/api/notes`),
            tab.waitForResponse(
              (response) => response.url() === API && response.request().method() === 'GET',
            ),
          ])
          const asked = tabs[0].waitForRequest(`${stage.url}/api/notes`)
          await tabs[0].bringToFront()
          await asked
          // While its requests are under way the first tab is hidden again.
          await tabs[1].bringToFront()
          await Promise.all(answered)
        })
        expect(refreshes).toBe(1)
        expect(new Set(stage.callers.slice(callers))).toEqual(new Set(['alice']))
      }
      expect(await tabs[0].evaluate(() => document.visibilityState)).toBe('hidden')
      for (const tab of tabs) expect(await shownIn(tab)).toEqual(SHOWN)
      await expectOneEach('localhost/', window)
      for (const tab of tabs) await tab.close()
    })
  })

  test('the example: a token that was revoked, which a Server Component cannot mend', async () => {
    const page = await context.newPage()
    await page.goto('/')
    await page.click('text=Sign in')
    await page.waitForSelector('text=Hello alice')
    stage.pool.revokeAccessTokens()
    await page.goto('/')
    const refreshes = await refreshesOf(async () => {
      await page.click('text=Sign in')
      await page.waitForSelector('text=Hello alice')
    })
    expect(refreshes).toBe(1)
    await expectOneEach()
  })

  test('the example: sign-in, a Server Component, a Server Action, a Route Handler, the browser, and sign-out', async () => {
    const page = await context.newPage()
    await page.goto('/')
    await page.click('text=Sign in')
    await page.waitForSelector('text=Hello alice')
    await page.fill('input[name=text]', 'Buy milk')
    await page.click('text=Add a note')
    await page.waitForSelector('text=1 notes, counted on the server')
    await expectOneEach()

    // The tokens expire, and everything goes on.
    await signIn()
    const refreshes = await refreshesOf(async () => {
      await page.click('text=fetched in the browser')
      await page.waitForSelector('text=1 notes from the API')
      await page.waitForSelector('text=1 notes by way of a Route Handler')
    })
    expect(refreshes).toBe(1)
    await expectOneEach()

    await page.goto('/')
    await page.click('text=Sign out')
    await page.waitForSelector('[aria-label=Password]')
    expect(await tokenCookies()).toEqual([])
    expect(stage.pool.callCount('RevokeToken')).toBeGreaterThan(0)
  })
})
