/** What both sides agree on: your `amplify_outputs.json` instead, in an application of yours. */
export const amplifyConfig = {
  Auth: {
    Cognito: {
      userPoolId: 'us-east-1_testpool',
      userPoolClientId: 'testclient',
      userPoolEndpoint: process.env.NEXT_PUBLIC_USER_POOL_ENDPOINT,
    },
  },
}

/** The protected API. */
export const apiOrigin = process.env.NEXT_PUBLIC_API_ORIGIN ?? ''
