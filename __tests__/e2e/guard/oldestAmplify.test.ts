import { Amplify } from 'aws-amplify'
import './guard.test.js'
import './session.test.js'

// Not a mock: the oldest aws-amplify that is supported stands in for the newest.
jest.mock('aws-amplify', () => jest.requireActual<object>('aws-amplify-6.15.8'))
jest.mock('aws-amplify/auth', () => jest.requireActual<object>('aws-amplify-6.15.8/auth'))
jest.mock('aws-amplify/auth/cognito', () => jest.requireActual<object>('aws-amplify-6.15.8/auth/cognito'))
jest.mock('aws-amplify/utils', () => jest.requireActual<object>('aws-amplify-6.15.8/utils'))

test('it is the old one', () => {
  expect(Amplify).not.toHaveProperty('getTokens')
})
