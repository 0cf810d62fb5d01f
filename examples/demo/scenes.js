import { signOut } from 'aws-amplify/auth'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/**
 * Each scene is played twice, with amplify-bearer and with the plain recipe. The last argument of a step is what
 * amplify-bearer promises, beyond that nothing fails and nobody is signed out where it does not say so. The plain recipe
 * is measured, not judged.
 */
export const scenes = [
  {
    title: 'A page makes 20 requests while its token is about to expire',
    async play({ timePasses, together, step }) {
      timePasses(56 * MINUTE)
      await step('in 100 ms, 4 minutes left', () => together(20, { spreadMs: 100 }), {
        answered: 20,
        sends: 20,
        refreshCalls: 1,
      })
    },
  },
  {
    title: 'A laptop wakes, the token has expired: 20 requests, and 20 calls of Amplify in between',
    async play({ timePasses, together, step }) {
      timePasses(120 * MINUTE)
      await step('in 100 ms', () => together(40, { other: 'amplify', spreadMs: 100 }), {
        answered: 40,
        sends: 20,
        refreshCalls: 1,
      })
    },
  },
  {
    title: 'The token is revoked: 100 requests get a 401 at once, half axios, half fetch',
    async play({ pool, together, step }) {
      pool.revokeAccessTokens()
      await step('token revoked', () => together(100, { other: 'fetch' }), {
        answered: 100,
        sends: 100 + 100,
        refreshCalls: 1,
      })
    },
  },
  {
    title: 'Tokens live five minutes: 30 requests in four minutes',
    pool: { accessTokenValidityMs: 5 * MINUTE },
    async play({ timePasses, oneByOne, step }) {
      await step('one every 8 seconds', () => oneByOne(30, () => timePasses(8 * SECOND)), {
        answered: 30,
        sends: 30,
        refreshCalls: 1,
      })
    },
  },
  {
    title: 'Offline, and back: nobody is signed out for a lost network',
    async play({ pool, pause, timePasses, together, step }) {
      timePasses(56 * MINUTE)
      // The way to Cognito is gone; the API can still be reached, so that it shows what is sent.
      pool.fail('networkError')
      // Amplify tries three times before it gives up.
      const stillValid = { answered: 20, sends: 20, refreshCalls: 3 }
      await step('offline, 4 minutes left', () => together(20), stillValid)

      timePasses(10 * MINUTE)
      const failed = { answered: 0, sends: 0, failures: '20× offline' }
      await step('offline, token expired', () => together(20), { ...failed, refreshCalls: 3 })
      await step('offline, once more', () => together(20), { ...failed, refreshCalls: 0, atOnce: true })

      pool.heal()
      // The back-off after a second failure is over within two seconds.
      await pause(2 * SECOND)
      const recovered = { answered: 20, sends: 20, refreshCalls: 1 }
      await step('online again, 2 s later', () => together(20), recovered)
    },
  },
  {
    title: 'The session is ended elsewhere: the app hears so once',
    async play({ pool, together, step }) {
      pool.revokeAccessTokens()
      pool.revokeRefreshTokens()
      await step('all tokens revoked', () => together(20), {
        answered: 0,
        sends: 20,
        refreshCalls: 1,
        failures: '20× sessionExpired',
        told: '1× sessionExpired',
        signedIn: false,
      })
    },
  },
  {
    title: 'The user signs out: requests go out without a token',
    async play({ together, step }) {
      await step('signed in', () => together(10), { answered: 10, sends: 10, refreshCalls: 0 })
      await signOut()
      await step('after signOut()', () => together(10), {
        answered: 0,
        sends: 10,
        bare: 10,
        refreshCalls: 0,
        failures: '10× 401',
        told: '1× signedOut',
        signedIn: false,
      })
    },
  },
]
