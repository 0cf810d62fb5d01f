import { createNodeResolver, importX } from 'eslint-plugin-import-x'
import jest from 'eslint-plugin-jest'
import prettier from 'eslint-config-prettier'
import tseslint from 'typescript-eslint'

const ROOMS = [
  ...['token', 'manager', 'http', 'axios', 'fetch', 'amplify', 'next', 'react-native', 'testing'],
  'index.ts',
]

/** The house's arrows: a room may import only what lies below it (CONTRIBUTING.md, "The house"). */
const zone = (room, allowed) => {
  const forbidden = ROOMS.filter((other) => other !== room && !allowed.includes(other))
  return {
    target: `./src/${room}`,
    from: forbidden.map((other) => `./src/${other}`),
    message: `src/${room} may only know ${allowed.join(', ') || 'itself'}.`,
  }
}

export default tseslint.config(
  {
    ignores: ['dist/', 'coverage/', '**/node_modules/', '**/.next/'].concat(
      // Next.js applications, which their builds type-check.
      ['examples/nextjs/', '__tests__/e2e/next/overlay/'],
    ),
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'import-x': importX },
    settings: {
      // Flow.
      'import-x/ignore': ['node_modules/react-native/'],
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } }),
      ],
    },
    rules: {
      'import-x/no-default-export': 'error',
      'import-x/no-cycle': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': ['error', { allow: ['warn', 'error'] }],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            zone('token', []),
            zone('manager', ['token']),
            zone('http', ['manager', 'token']),
            zone('axios', ['http', 'manager', 'token']),
            zone('fetch', ['http', 'manager', 'token']),
            zone('amplify', ['manager', 'token']),
            zone('next', ['amplify', 'manager', 'token']),
            zone('react-native', ['manager', 'token']),
            zone('testing', []),
          ],
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['aws-amplify', 'aws-amplify/*'], message: 'Only src/amplify talks to Amplify.' },
          ],
        },
      ],
    },
  },
  { files: ['src/amplify/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['*.config.ts', '**/global{Setup,Teardown}.ts'], rules: { 'import-x/no-default-export': 'off' } },
  {
    files: ['__tests__/**/*.ts'],
    ...jest.configs['flat/recommended'],
    rules: {
      ...jest.configs['flat/recommended'].rules,
      'jest/no-disabled-tests': 'error',
      'jest/no-focused-tests': 'error',
    },
  },
  prettier,
)
