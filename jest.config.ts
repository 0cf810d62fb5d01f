/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'

const config: Config = {
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  // Production builds of Next.js: npm run test:next.
  testPathIgnorePatterns: ['<rootDir>/__tests__/e2e/next/'],
  testEnvironment: 'node',
  // The sources name their imports as Node's ESM wants them: './errors.js' is errors.ts.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.(ts|m?js)$': ['ts-jest', { tsconfig: 'tsconfig.jest.json' }] },
  // msw's ESM-only dependencies, and ky, must be compiled as well.
  transformIgnorePatterns: ['/node_modules/(?!(until-async|rettime|@open-draft/deferred-promise|ky)/)'],
  restoreMocks: true,
}

export default config
